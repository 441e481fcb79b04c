import { describe, expect, it } from 'vitest';
import { imported, jsonLines } from './rig.ts';

const steps =
  'select source, message, reasoning_content, error_kind, prompt_tokens, completion_tokens, cached_tokens from steps order by trace_id, step_id';
const calls =
  'select function_name, command, result_content, exit_code, is_error, action, target_path from tool_calls order by trace_id, step_id, call_index';
const traces =
  'select source_format, source_format_version as version, agent_name, model_name, task_id, repo, exit_class, outcome, step_count, tool_call_count, prompt_tokens, completion_tokens, cost_usd from traces order by source_uri, source_record';

describe('Codex', () => {
  const line = (type: string, payload: object, at: number) => ({
    timestamp: `2026-01-01T00:00:0${at}.000Z`,
    type,
    payload,
  });
  it('reads response items, not the events that repeat them', async () => {
    const rollout = jsonLines(
      line(
        'session_meta',
        {
          id: 's1',
          cwd: '/w',
          originator: 'codex_cli_rs',
          cli_version: '0.50.0',
          git: { commit_hash: 'abc', repository_url: 'git@github.com:owner/name.git' },
        },
        0,
      ),
      line('turn_context', { cwd: '/w', model: 'gpt-5-codex', approval_policy: 'never', effort: 'high' }, 1),
      line(
        'response_item',
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'fix the bug' }] },
        1,
      ),
      line('event_msg', { type: 'user_message', message: 'fix the bug' }, 1),
      line(
        'response_item',
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'look first' }], encrypted_content: 'gAAAA' },
        2,
      ),
      line('event_msg', { type: 'agent_reasoning', text: 'look first' }, 2),
      line(
        'response_item',
        { type: 'function_call', name: 'shell', arguments: '{"command":["bash","-lc","cat a.py"]}', call_id: 'c1' },
        3,
      ),
      line(
        'response_item',
        {
          type: 'function_call_output',
          call_id: 'c1',
          output: '{"output":"x = 1\\n","metadata":{"exit_code":0,"duration_seconds":0.5}}',
        },
        4,
      ),
      line(
        'event_msg',
        {
          type: 'token_count',
          info: {
            total_token_usage: {
              input_tokens: 900,
              cached_input_tokens: 100,
              output_tokens: 50,
              reasoning_output_tokens: 20,
            },
            last_token_usage: {
              input_tokens: 900,
              cached_input_tokens: 100,
              output_tokens: 50,
              reasoning_output_tokens: 20,
            },
          },
        },
        5,
      ),
      line('event_msg', { type: 'turn_aborted', reason: 'interrupted' }, 6),
    );
    await imported({ 'rollout.jsonl': rollout }, async ({ rows }) => {
      expect(await rows(traces)).toMatchObject([
        {
          source_format: 'codex',
          version: '0.50.0',
          agent_name: 'codex_cli_rs',
          model_name: 'gpt-5-codex',
          repo: 'owner/name',
          exit_class: 'aborted',
          step_count: 2,
          prompt_tokens: 900,
          completion_tokens: 50,
        },
      ]);
      expect(await rows(steps)).toMatchObject([
        { source: 'user', message: 'fix the bug' },
        { source: 'agent', reasoning_content: 'look first', prompt_tokens: 900 },
      ]);
      expect(await rows(calls)).toMatchObject([
        {
          function_name: 'shell',
          command: 'cat a.py',
          result_content: 'x = 1\n',
          exit_code: 0,
          action: 'open',
          target_path: 'a.py',
        },
      ]);
    });
  });

  it('reads the bare items of before September 2025', async () => {
    const rollout = jsonLines(
      { id: 's0', timestamp: '2025-06-01T00:00:00Z', instructions: null, git: {} },
      { record_type: 'state' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
      { type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'c' },
      { type: 'function_call_output', call_id: 'c', output: 'plain text' },
    );
    await imported({ 'old.jsonl': rollout }, async ({ rows }) => {
      expect(await rows(traces)).toMatchObject([{ source_format: 'codex-legacy', step_count: 2 }]);
      expect(await rows(calls)).toMatchObject([{ command: 'ls', result_content: 'plain text', action: 'search' }]);
    });
  });
});

describe('Claude Code', () => {
  it('counts the tokens of a message once, however many lines it has', async () => {
    const base = {
      parentUuid: null,
      isSidechain: false,
      sessionId: 's1',
      cwd: '/home/ada/shop',
      version: '2.1.0',
      gitBranch: 'main',
    };
    const usage = { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 5, output_tokens: 7 };
    const lines = jsonLines(
      {
        ...base,
        type: 'user',
        uuid: '1',
        timestamp: '2026-01-01T00:00:00Z',
        message: { role: 'user', content: 'mend it' },
      },
      {
        ...base,
        type: 'assistant',
        uuid: '2',
        requestId: 'r',
        timestamp: '2026-01-01T00:00:01Z',
        message: {
          id: 'm1',
          role: 'assistant',
          model: 'claude',
          content: [{ type: 'thinking', thinking: 'hm', signature: 'sig' }],
          usage,
        },
      },
      {
        ...base,
        type: 'assistant',
        uuid: '3',
        requestId: 'r',
        timestamp: '2026-01-01T00:00:02Z',
        message: {
          id: 'm1',
          role: 'assistant',
          model: 'claude',
          content: [{ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'pytest -q' } }],
          usage: { ...usage, output_tokens: 9 },
        },
      },
      {
        ...base,
        type: 'user',
        uuid: '4',
        timestamp: '2026-01-01T00:00:03Z',
        message: {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: 'Exit code 1\nFAILED tests/a.py::test_x',
              is_error: true,
            },
          ],
        },
      },
    );
    await imported({ 'session.jsonl': lines }, async ({ rows }) => {
      expect(await rows(traces)).toMatchObject([
        { source_format: 'claude-code', step_count: 2, prompt_tokens: 115, completion_tokens: 9, outcome: 'unknown' },
      ]);
      expect(await rows(calls)).toMatchObject([
        { function_name: 'Bash', command: 'pytest -q', exit_code: 1, is_error: true, action: 'test' },
      ]);
    });
  });
});

describe('Pi and OpenClaw', () => {
  it('reads messages, tool calls and their results', async () => {
    const lines = jsonLines(
      { type: 'session', version: 3, id: 'p1', cwd: '/w', timestamp: '2026-02-01T00:00:00Z' },
      { type: 'model_change', id: 'x', parentId: null, provider: 'anthropic', modelId: 'claude-opus' },
      { type: 'message', id: 'a', parentId: null, message: { role: 'user', content: [{ type: 'text', text: 'go' }] } },
      {
        type: 'message',
        id: 'b',
        parentId: 'a',
        message: {
          role: 'assistant',
          model: 'claude-opus',
          content: [
            { type: 'thinking', thinking: 'run' },
            { type: 'toolCall', id: 't', name: 'bash', arguments: { command: 'npm test' } },
          ],
          usage: { input: 5, output: 3, cacheRead: 20, cacheWrite: 2, cost: { total: 0.25 } },
          stopReason: 'toolUse',
        },
      },
      {
        type: 'message',
        id: 'c',
        parentId: 'b',
        message: {
          role: 'toolResult',
          toolCallId: 't',
          content: [{ type: 'text', text: '3 failing' }],
          isError: true,
          details: { exitCode: 1 },
        },
      },
    );
    await imported({ 'pi.jsonl': lines }, async ({ rows }) => {
      expect(await rows(traces)).toMatchObject([
        {
          source_format: 'pi',
          version: '3',
          model_name: 'claude-opus',
          prompt_tokens: 27,
          completion_tokens: 3,
          cost_usd: 0.25,
        },
      ]);
      expect(await rows(calls)).toMatchObject([
        { command: 'npm test', exit_code: 1, is_error: true, result_content: '3 failing', action: 'test' },
      ]);
    });
  });
});

describe('Gemini CLI', () => {
  it('reads saved sessions', async () => {
    const session = {
      sessionId: 'g1',
      projectHash: 'h',
      startTime: '2026-01-01T00:00:00Z',
      messages: [
        { id: '1', type: 'user', timestamp: '2026-01-01T00:00:00Z', content: 'what fails?' },
        {
          id: '2',
          type: 'gemini',
          timestamp: '2026-01-01T00:00:05Z',
          content: 'this',
          model: 'gemini-3-pro',
          thoughts: [{ subject: 'Look', description: 'at tests' }],
          tokens: { input: 50, output: 5, cached: 10, thoughts: 3 },
          toolCalls: [
            {
              id: 'c',
              name: 'run_shell_command',
              args: { command: 'go test ./...' },
              status: 'success',
              result: [{ functionResponse: { response: { output: 'ok' } } }],
            },
          ],
        },
      ],
    };
    await imported({ 'session.json': session }, async ({ rows }) => {
      expect(await rows(traces)).toMatchObject([
        { source_format: 'gemini-cli', model_name: 'gemini-3-pro', prompt_tokens: 50, completion_tokens: 5 },
      ]);
      expect(await rows(calls)).toMatchObject([
        { command: 'go test ./...', result_content: 'ok', is_error: false, action: 'test' },
      ]);
    });
  });

  it('reads stream-json', async () => {
    const stream = jsonLines(
      { type: 'init', session_id: 'g2', model: 'gemini', timestamp: '2026-01-01T00:00:00Z' },
      { type: 'message', role: 'user', content: 'hi' },
      { type: 'message', role: 'assistant', content: 'hel', delta: true },
      { type: 'message', role: 'assistant', content: 'lo', delta: true },
      { type: 'tool_use', tool_name: 'read_file', tool_id: 't', parameters: { path: 'a.ts' } },
      { type: 'tool_result', tool_id: 't', status: 'success', output: 'text' },
      { type: 'result', status: 'success', stats: { input_tokens: 4, output_tokens: 2 } },
    );
    await imported({ 'out.jsonl': stream }, async ({ rows }) => {
      expect(await rows(steps)).toMatchObject([{ message: 'hi' }, { message: 'hello' }]);
      expect(await rows(calls)).toMatchObject([
        { function_name: 'read_file', result_content: 'text', target_path: 'a.ts' },
      ]);
    });
  });
});
