import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Candidate, Grounds } from '../../../pipeline/gates/gate.ts';
import { judge } from '../../../pipeline/gates/index.ts';
import { unifiedDiff } from '../../../pipeline/mutation/patch.ts';
import type { Harness, SuiteRequest, SuiteRun, TestStatus } from '../../../pipeline/ports.ts';

const ids = ['a', 'b', 'c', 'd', 'e'].map((name) => `t.py::${name}`);
const pristine = 'def f():\n    return 1\n';
const broken = 'def f():\n    return 2\n';
const sources = new Map([['f.py', pristine]]);

/** What a tree's suite comes to: a status per test, or none where the test did not report. */
type Tree = readonly (TestStatus | 'missing')[];
const outcomes = fc.constantFrom<SuiteRun['outcome']>(
  'complete',
  'complete',
  'complete',
  'complete',
  'complete',
  'complete',
  'timeout',
  'incomplete',
  'broken',
  'memory',
);
const status = fc.constantFrom<Tree[number]>(
  'passed',
  'passed',
  'passed',
  'failed',
  'error',
  'skipped',
  'timeout',
  'missing',
);
const tree = fc.record({ statuses: fc.tuple(status, status, status, status, status), outcome: outcomes });

interface Run {
  statuses: Tree;
  outcome: SuiteRun['outcome'];
}

/** Answers from a table: what a real suite cannot be made to do on demand. */
const tableHarness = (clean: Run, reruns: readonly Run[]): Harness => ({
  id: 'table/1',
  executions: { asked: 0, unique: 0 },
  suite: async (_, request) => answer(request.edits.length === 0 ? clean : reruns[request.repeat ?? 0]!, request),
  cold: () => Promise.reject(new Error('gates never ask for cold runs')),
  probe: () => Promise.reject(new Error('gates never probe')),
  executionOf: () => 'execution',
});

const answer = ({ statuses, outcome }: Run, { tests = ids }: SuiteRequest): SuiteRun => ({
  outcome,
  detail: null,
  wall_ms: 1,
  tests: tests.flatMap((test_id) => {
    const found = statuses[ids.indexOf(test_id)]!;
    return found === 'missing'
      ? []
      : [{ test_id, status: found, message: null, exception: null, frames: [], duration_ms: 1 }];
  }),
});

const candidate = (failing: readonly boolean[]): Candidate => ({
  task: {
    problem_statement: 'A test fails.',
    failing_tests: [],
    repository_id: 'repo',
    language: 'python',
    task_id: 'task',
  } as unknown as Candidate['task'],
  key: {
    bug_patch: unifiedDiff('f.py', pristine, broken),
    fix_patch: unifiedDiff('f.py', broken, pristine),
    fail_to_pass: ids.filter((_, i) => failing[i]),
    pass_to_pass: ids.filter((_, i) => !failing[i]),
    path: 'f.py',
    symbol: 'f',
    line: 2,
    canary: 'canary-x',
  } as unknown as Candidate['key'],
});

const groundsOf = (harness: Harness): Grounds => ({
  harness,
  sources,
  baseline_tests: ids,
  parses: () => true,
  functionsOf: () => ['f'],
  settings: { reruns: 3, most_failing: 5, suite_wall_ms: 1000, seed: 's' },
});

it('passes only when every id came out as the answer key says, in every run', async () => {
  const failing = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean());
  const good: Run = { statuses: ['passed', 'passed', 'passed', 'passed', 'passed'], outcome: 'complete' };
  const trees = fc.tuple(
    fc.oneof({ weight: 3, arbitrary: fc.constant(good) }, tree),
    tree,
    fc.option(fc.tuple(tree, tree), { nil: undefined }),
  );
  let passes = 0;
  await fc.assert(
    fc.asyncProperty(failing, trees, fc.boolean(), async (labels, [clean, first, others], honest) => {
      const reruns = [first, ...(others ?? [first, first])];
      const said = honest ? first.statuses.map((s) => s !== 'passed') : labels;
      const verdicts = await judge(candidate(said), groundsOf(tableHarness(clean, reruns)), () => 0);
      const last = verdicts.at(-1)!;
      expect(verdicts.slice(0, -1).every((v) => v.passed)).toBe(true);
      const everyRun = reruns.every(
        (run) => run.outcome === 'complete' && ids.every((_, i) => (run.statuses[i] === 'passed') !== said[i]),
      );
      const cleanPasses = clean.outcome === 'complete' && clean.statuses.every((s) => s === 'passed');
      const both = said.some(Boolean) && !said.every(Boolean);
      expect(last.gate === 'semantics' && last.passed).toBe(both && everyRun && cleanPasses);
      if (last.gate === 'semantics' && last.passed) passes++;
    }),
    { numRuns: 1000 },
  );
  expect(passes).toBeGreaterThan(5);
});
