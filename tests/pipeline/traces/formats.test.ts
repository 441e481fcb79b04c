import { describe, expect, it } from 'vitest';
import { imported, jsonLines } from './rig.ts';

const calls =
  'select function_name, command, result_content, exit_code, is_error, action, target_path from tool_calls order by trace_id, step_id, call_index';
const traces =
  'select source_format, source_format_version as version, agent_name, model_name, task_id, repo, exit_class, outcome, step_count, tool_call_count, prompt_tokens, completion_tokens, cost_usd from traces order by source_uri, source_record';

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
