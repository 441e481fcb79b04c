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

describe('Moatless', () => {
  it('makes a step of every action of a transition', async () => {
    const document = {
      transition_rules: { global_params: { model: 'gpt-4o' } },
      workspace: {},
      initial_message: 'fix sorting',
      current_transition_id: 2,
      transitions: [
        {
          id: 1,
          state: { name: 'SearchCode' },
          actions: [
            {
              action: { thoughts: 'find it', query: 'sort' },
              response: { trigger: 'did_search', output: { found: 2 } },
              usage: { prompt_tokens: 10, completion_tokens: 2, completion_cost: 0.1 },
            },
          ],
        },
        {
          id: 2,
          state: { name: 'EditCode' },
          actions: [
            {
              action: { thoughts: 'change it', action_name: 'EditCode', file_path: 'a/sort.py' },
              response: { trigger: 'retry', retry_message: 'invalid' },
            },
          ],
        },
      ],
      info: {
        instance_id: 'own__lib-12',
        status: 'finished',
        submission: 'diff --git a/a/sort.py b/a/sort.py\n',
        total_cost: 0.3,
        resolved: true,
      },
    };
    await imported({ 'x.json': document }, async ({ rows }) => {
      expect(await rows(traces)).toMatchObject([
        {
          source_format: 'moatless',
          model_name: 'gpt-4o',
          task_id: 'own__lib-12',
          repo: 'own/lib',
          outcome: 'resolved',
          step_count: 3,
          cost_usd: 0.3,
        },
      ]);
      expect(await rows(calls)).toMatchObject([
        { function_name: 'SearchCode', result_content: '{"found":2}' },
        { function_name: 'EditCode', is_error: true, target_path: 'a/sort.py' },
      ]);
    });
  });
});

describe('OpenHands', () => {
  it('reads V1 benchmark records and counts parallel calls as one turn', async () => {
    const event = (kind: string, fields: object, at: number) => ({
      id: `e${at}`,
      timestamp: `2026-01-01T00:00:0${at}`,
      source: 'agent',
      kind,
      ...fields,
    });
    const action = (call: string, at: number) =>
      event(
        'ActionEvent',
        {
          thought: [{ type: 'text', text: 'both' }],
          action: { kind: 'TerminalAction', command: `cat ${call}.py` },
          tool_name: 'terminal',
          tool_call_id: call,
          tool_call: { id: call, name: 'terminal', arguments: `{"command":"cat ${call}.py"}` },
          llm_response_id: 'r1',
        },
        at,
      );
    const record = {
      instance_id: 'own__lib-3',
      attempt: 1,
      instruction: 'do',
      test_result: { git_patch: 'diff --git a/a.py b/a.py\n' },
      metadata: { llm: { model: 'm' } },
      metrics: {
        accumulated_cost: 0.5,
        accumulated_token_usage: { prompt_tokens: 70, completion_tokens: 7, cache_read_tokens: 30 },
      },
      instance: { repo: 'own/lib', patch: 'GOLD', problem_statement: 'broken' },
      history: [
        event('SystemPromptEvent', { system_prompt: { text: 'sys' }, tools: [] }, 0),
        action('a', 1),
        action('b', 2),
        event(
          'ObservationEvent',
          {
            tool_call_id: 'b',
            action_id: 'e2',
            observation: {
              kind: 'TerminalObservation',
              content: [{ type: 'text', text: 'B' }],
              exit_code: 0,
              is_error: false,
            },
          },
          3,
        ),
        event(
          'ObservationEvent',
          {
            tool_call_id: 'a',
            action_id: 'e1',
            observation: {
              kind: 'TerminalObservation',
              content: [{ type: 'text', text: 'A' }],
              exit_code: 1,
              is_error: false,
            },
          },
          4,
        ),
      ],
    };
    await imported(
      { 'output.jsonl': jsonLines(record, { ...record, instance_id: 'own__lib-4' }) },
      async ({ rows, summary }) => {
        expect(summary.traces).toBe(2);
        expect(await rows(traces)).toMatchObject([
          {
            source_format: 'openhands-1-record',
            task_id: 'own__lib-3',
            step_count: 2,
            tool_call_count: 2,
            prompt_tokens: 70,
          },
          { task_id: 'own__lib-4' },
        ]);
        expect((await rows(calls)).slice(0, 2)).toMatchObject([
          { result_content: 'A', exit_code: 1 },
          { result_content: 'B', exit_code: 0 },
        ]);
        expect(await rows('select gold_patch from imported_answer_keys')).toHaveLength(2);
      },
    );
  });
});

describe('SWE-agent', () => {
  const run = (status: string) => ({
    environment: 'own__lib-1',
    trajectory: [
      {
        action: 'ls',
        observation: 'a.py',
        response: 'look\n```\nls\n```',
        thought: 'look',
        state: { working_dir: '/r' },
        execution_time: 0.5,
        query: [],
      },
    ],
    history: [{ role: 'system', content: 's', agent: 'main', message_type: 'system_prompt' }],
    info: { exit_status: status, submission: null, model_stats: { tokens_sent: 1, tokens_received: 2, api_calls: 1 } },
  });
  it('reads every attempt of a retry run', async () => {
    await imported({ 'own__lib-1.traj': { attempts: [run('submitted'), run('exit_context')] } }, async ({ rows }) => {
      expect(await rows('select attempt, exit_class, task_id from traces order by attempt')).toEqual([
        { attempt: 1, exit_class: 'submitted', task_id: 'own__lib-1' },
        { attempt: 2, exit_class: 'limit', task_id: 'own__lib-1' },
      ]);
    });
  });
});

describe('rows of public data sets', () => {
  const chat = [
    { role: 'system', content: 's' },
    { role: 'user', content: 'task' },
    { role: 'assistant', content: 'go <function=bash>\n<parameter=command>ls</parameter>\n</function>' },
    { role: 'user', content: 'OBSERVATION:\na.py' },
  ];
  it.each([
    [
      'swe-smith',
      {
        messages: JSON.stringify(chat),
        instance_id: 'own__lib.1a2b3c4d.func_1',
        resolved: true,
        model: 'claude',
        traj_id: 't',
        patch: 'diff --git a/x.py b/x.py\n',
      },
      'resolved',
    ],
    [
      'nebius-swe-agent',
      {
        instance_id: 'own__lib-1',
        model_name: 'swe-agent-llama',
        target: false,
        trajectory: [
          { role: 'system', system_prompt: 's', text: null },
          { role: 'user', text: 'task' },
          { role: 'ai', text: 'look\n```bash\nls\n```' },
          { role: 'user', text: 'a.py' },
        ],
        exit_status: 'submitted',
        generated_patch: '',
        eval_logs: 'log',
      },
      'unresolved',
    ],
    [
      'nebius-openhands',
      {
        trajectory_id: 't',
        instance_id: 'own__lib-1',
        repo: 'own/lib',
        trajectory: chat,
        tools: [],
        model_patch: 'p',
        exit_status: 'submit',
        resolved: 1,
        gen_tests_correct: null,
        pred_passes_gen_tests: null,
      },
      'resolved',
    ],
    [
      'nvidia-swe-zero',
      {
        instance_id: 'own__lib-1',
        repo: 'own/lib',
        license: 'MIT',
        trajectory_id: 't',
        trajectory: chat,
        model_patch: 'p',
        dataset: 'd',
      },
      'unknown',
    ],
    [
      'nvidia-open-swe-traces',
      {
        instance_id: 'own__lib-1',
        repo: 'own/lib',
        license: 'MIT',
        language: 'go',
        trajectory_id: 't',
        messages: chat,
        tools: ['{}'],
        resolved: -1,
        metadata: { reference_patch: 'GOLD', teacher_model: 'x' },
        hf_dataset_name: 'd',
      },
      'unknown',
    ],
    [
      'swe-gym',
      {
        instance_id: 'own__lib-1',
        resolved: false,
        messages: chat,
        repo: 'own/lib',
        image_name: 'i',
        agent_class: 'CodeActAgent',
        model: 'm',
        git_patch: 'p',
        problem_statement: 'broken',
      },
      'unresolved',
    ],
  ])('%s', async (format, row, outcome) => {
    await imported({ 'rows.jsonl': jsonLines(row, { ...row, trajectory_id: 't2' }) }, async ({ rows, summary }) => {
      expect(summary).toMatchObject({ traces: 2, rejects: 0 });
      expect((await rows(traces))[0]).toMatchObject({
        source_format: format,
        repo: 'own/lib',
        outcome,
        tool_call_count: 1,
      });
      expect((await rows(calls))[0]).toMatchObject({ command: 'ls' });
      const [leak] = await rows(
        "select count(*)::integer as n from (select extra, submission, problem_statement from traces) t where t::varchar like '%GOLD%'",
      );
      expect(leak!.n).toBe(0);
    });
  });
});
