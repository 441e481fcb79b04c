import { describe, expect, it } from 'vitest';
import { exitClass } from '../../../pipeline/traces/exit.ts';
import { speaksOf } from '../../../pipeline/traces/join.ts';
import { parsePythonLiteral } from '../../../pipeline/traces/python-literal.ts';
import { imported, jsonLines } from './rig.ts';

const traj = (submission: string | null = 'diff --git a/x.py b/x.py\n') => ({
  environment: 'swe_main',
  trajectory: [{ action: 'submit', observation: '', response: 'done', state: '{}', thought: '' }],
  history: [],
  info: { exit_status: 'submitted', submission, model_stats: {} },
});
const flat = {
  patch_is_None: false,
  patch_exists: true,
  patch_successfully_applied: true,
  resolved: false,
  tests_status: {
    FAIL_TO_PASS: { success: ['t::a'], failure: ['t::b'] },
    PASS_TO_PASS: { success: ['t::c'], failure: [] },
  },
};
const python = (value: unknown) =>
  JSON.stringify(value).replaceAll('true', 'True').replaceAll('false', 'False').replaceAll('"', "'");
const verdict =
  'select task_id, run_id, outcome, outcome_source, fail_to_pass_passed, fail_to_pass_failed, pass_to_pass_passed from traces order by source_uri';
const tests = 'select test_id, expectation, status from test_outcomes order by test_id';

describe('per-instance reports', () => {
  const log = `2026-01-01 00:00:00,000 - INFO - Grading answer for o__r-1...\n2026-01-01 00:00:00,001 - INFO - report: ${python({ 'o__r-1': flat })}\nResult for o__r-1: resolved: False\n`;
  it.each([
    ['nested', { 'run/o__r-1/report.json': { 'o__r-1': flat } }],
    ['flat', { 'run/o__r-1/report.json': flat }],
    ['a Python repr in a log', { 'run/logs/o__r-1/run_instance.log': log }],
  ])('%s gives the same tests, and a partial repair', async (_name, report: Record<string, string | object>) => {
    await imported({ 'run/o__r-1/o__r-1.traj': traj(), ...report }, async ({ rows }) => {
      expect(await rows(verdict)).toMatchObject([
        { outcome: 'partial', fail_to_pass_passed: 1, fail_to_pass_failed: 1, pass_to_pass_passed: 1 },
      ]);
      expect(await rows(tests)).toEqual([
        { test_id: 't::a', expectation: 'fail_to_pass', status: 'passed' },
        { test_id: 't::b', expectation: 'fail_to_pass', status: 'failed' },
        { test_id: 't::c', expectation: 'pass_to_pass', status: 'passed' },
      ]);
    });
  });
});

describe('reports on a run', () => {
  const files = {
    'run/o__r-1.traj': traj(),
    'run/o__r-2.traj': traj(),
    'run/o__r-3.traj': traj(null),
    'run/o__r-4.traj': traj(),
  };
  const outcomes = async (report: object | string) => {
    let found: unknown[] = [];
    await imported({ ...files, 'run/results.json': report }, async ({ rows }) => {
      found = (await rows(verdict)).map((row) => row.outcome);
    });
    return found;
  };
  it('new: what it does not list is unknown, submitted is not resolved', async () => {
    expect(
      await outcomes({
        resolved_ids: ['o__r-1'],
        unresolved_ids: ['o__r-2'],
        empty_patch_ids: ['o__r-3'],
        submitted_ids: ['o__r-4'],
        completed_ids: ['o__r-1', 'o__r-2'],
        error_ids: [],
        schema_version: 2,
      }),
    ).toEqual(['resolved', 'unresolved', 'unresolved', 'unknown']);
  });
  it('old: lists what was resolved out of everything that was run', async () => {
    expect(await outcomes({ stats: { generated: 4, resolved: 1 }, resolved: ['o__r-2'] })).toEqual([
      'unresolved',
      'resolved',
      'unresolved',
      'unresolved',
    ]);
  });
  it('with a comma too many', async () => {
    expect(await outcomes('{"generated": ["o__r-1", "o__r-2",], "resolved": ["o__r-1",],}')).toEqual([
      'resolved',
      'unresolved',
      'unresolved',
      'unresolved',
    ]);
  });
  it('never judges the same task of another run', async () => {
    await imported(
      { 'runs/a/results.json': { resolved_ids: ['o__r-1'], unresolved_ids: [] }, 'runs/b/o__r-1.traj': traj() },
      async ({ rows, summary }) => {
        expect(await rows(verdict)).toMatchObject([{ outcome: 'unknown' }]);
        expect(summary.unmatched_outcomes).toBe(1);
      },
    );
  });
  it('says unknown when the report never judged what a log judged', async () => {
    const log = `x - INFO - report: ${python({ 'o__r-1': flat })}\n`;
    await imported(
      {
        'run/o__r-1.traj': traj(),
        'run/logs/o__r-1/run_instance.log': log,
        'run/results.json': { resolved_ids: [], unresolved_ids: [], incomplete_ids: ['o__r-1'], completed_ids: [] },
      },
      async ({ rows }) => {
        expect(await rows('select outcome, quality_flags from traces')).toEqual([
          { outcome: 'unknown', quality_flags: '["missing_outcome","outcome_conflict"]' },
        ]);
      },
    );
  });
});

describe('trials', () => {
  const atif = {
    schema_version: 'ATIF-v1.6',
    session_id: 's',
    agent: { name: 'a', version: '1' },
    steps: [
      { step_id: 1, source: 'user', message: 'go' },
      { step_id: 2, source: 'agent', message: 'ok' },
    ],
  };
  it.each([
    ['reward.txt', { 't/verifier/reward.txt': '1\n' }, 'resolved', 1],
    ['reward.json', { 't/verifier/reward.json': { reward: 0.5 } }, 'partial', 0.5],
    [
      'result.json',
      {
        't/result.json': {
          task_name: 'o__r-1',
          trial_name: 'x',
          agent_info: { name: 'openclaw' },
          verifier_result: { rewards: { reward: 0 } },
          exception_info: { exception_type: 'AgentTimeoutError' },
        },
      },
      'unresolved',
      0,
    ],
  ])('%s', async (_name, files: Record<string, string | object>, outcome, reward) => {
    await imported({ 't/agent/trajectory.json': atif, ...files, 'u/agent/trajectory.json': atif }, async ({ rows }) => {
      expect(await rows('select outcome, reward from traces order by source_uri')).toEqual([
        { outcome, reward },
        { outcome: 'unknown', reward: null },
      ]);
    });
  });
  it('fills what the trajectory does not know', async () => {
    await imported(
      {
        't/agent/trajectory.json': atif,
        't/result.json': {
          task_name: 'o__r-1',
          trial_name: 'x',
          agent_info: { name: 'a', model_info: { name: 'glm', provider: 'z' } },
          agent_result: { n_input_tokens: 10, n_cache_tokens: 40, n_output_tokens: 3 },
          verifier_result: { rewards: { reward: 1 } },
          exception_info: { exception_type: 'AgentTimeoutError' },
        },
      },
      async ({ rows }) => {
        expect(await rows('select task_id, model_name, prompt_tokens, exit_class, outcome from traces')).toEqual([
          { task_id: 'o__r-1', model_name: 'glm', prompt_tokens: 50, exit_class: 'timeout', outcome: 'resolved' },
        ]);
      },
    );
  });
  it('ctrf tests ride along', async () => {
    await imported(
      {
        't/agent/trajectory.json': atif,
        't/verifier/reward.txt': '0',
        't/verifier/ctrf.json': {
          results: {
            tool: { name: 'pytest' },
            summary: { tests: 1 },
            tests: [{ name: 'a', status: 'failed', duration: 12 }],
          },
        },
      },
      async ({ rows }) => {
        expect(await rows('select test_id, status, duration_ms from test_outcomes')).toEqual([
          { test_id: 'a', status: 'failed', duration_ms: 12 },
        ]);
      },
    );
  });
});

describe('importing again', () => {
  it('knows the traces by their ids, wherever the folder was moved to', async () => {
    const files = { 'x/y/z/w/run/o__r-1.traj': traj(), 'x/y/z/w/run/o__r-2.traj': traj() };
    await imported(files, async ({ rows, digest }, folder) => {
      const known = (await rows('select trace_id from traces')).map((row) => String(row.trace_id));
      expect(new Set(known).size).toBe(2);
      await imported(
        { ...files, 'x/y/z/w/run/o__r-3.traj': traj() },
        async (again) => {
          expect(again.summary).toMatchObject({ known: 2, traces: 1 });
          expect(again.digest).not.toBe(digest);
          expect(await again.rows('select count(distinct trace_id)::integer as n from steps')).toEqual([{ n: 1 }]);
        },
        { known },
      );
      expect(folder).toBeTruthy();
    });
  });
  it('keeps byte-identical attempts of different runs apart', async () => {
    await imported({ 'run-1/o__r-1.traj': traj(), 'run-2/o__r-1.traj': traj() }, async ({ rows }) => {
      expect(await rows('select run_id from traces order by run_id')).toEqual([
        { run_id: 'run-1' },
        { run_id: 'run-2' },
      ]);
    });
  });
});

it('a table of verdicts judges the files it names', async () => {
  await imported(
    {
      'a/x.traj': traj(),
      'a/y.traj': traj(),
      'verdicts.jsonl': jsonLines({ file: 'a/x.traj', resolved: true }, { file: 'a/y.traj', resolved: null }),
    },
    async ({ rows }) => {
      expect((await rows(verdict)).map((row) => row.outcome)).toEqual(['resolved', 'unknown']);
    },
  );
});

describe('words', () => {
  it.each([
    ['a', 'runs/a', 'runs/a/o__r-1', true],
    ['a report beside evaluation logs', 'runs/a/logs/run_evaluation', 'runs/a/trajs', true],
    ['another run', 'runs/a', 'runs/b', false],
    ['logs kept apart, named after the run', 'root/logs/gpt4/o__r-1', 'root/trajs/gpt4/o__r-1', true],
  ])('%s: %s speaks of %s', (_name, folder, trace, expected) => {
    expect(speaksOf({ folder, task_id: 'o__r-1', run_id: null }, trace, null)).toBe(expected);
  });
  it.each([
    ['submitted', 'submitted'],
    ['submitted (exit_cost)', 'submitted'],
    ['exit_cost', 'limit'],
    ['LimitsExceeded', 'limit'],
    ['RepeatedFormatError', 'format_error'],
    ['AgentTimeoutError', 'timeout'],
    ['early_exit', 'aborted'],
    ['RuntimeError: Agent reached maximum iteration in headless mode', 'limit'],
    ['exit_environment_error', 'env_error'],
    ['exit_api', 'agent_error'],
    ['applicable_patch', 'unknown'],
    [null, 'unknown'],
  ])('%s is %s', (status, expected) => {
    expect(exitClass(status)).toBe(expected);
  });
  it('reads Python literals', () => {
    expect(
      parsePythonLiteral("{'a': [True, None, -1.5e3, 'it\\'s \\u00e9'], 'b': (1, 2), 'c': {'x'}, \"d\": {}}"),
    ).toEqual({ a: [true, null, -1500, "it's é"], b: [1, 2], c: ['x'], d: {} });
    expect(() => parsePythonLiteral("{'a': oops(}")).toThrow(SyntaxError);
  });
});
