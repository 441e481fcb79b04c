import type { Task } from '../../schemas/tasks.ts';
import { DataError } from '../errors.ts';
import { applyEdits } from '../mutation/edits.ts';
import type { Edit, Harness, Probe, SuiteRun, TestResult } from '../ports.ts';

/** Passing tests beside the failing one that a Solver may look at. */
const visibleLimit = 25;
/** Processor time one tried edit may take on the first failing test. */
const probeBudgetMs = 300;
/** Wall time of a run of a few dozen tests. */
export const fewTestsWallMs = 10_000;

/**
 * All that a Solver knows of a task: the broken sources, the failing tests, the tests beside them, and what running
 * them shows. There is no field for the answer key, the hidden tests or the edited place: that is the wall, by type.
 */
export interface Workspace {
  readonly task_id: string;
  readonly repository_id: string;
  readonly problem_statement: string;
  /** Text of every source file of the broken tree. */
  readonly sources: ReadonlyMap<string, string>;
  /** Failing tests, with message, frames and coverage. */
  readonly failing: readonly TestResult[];
  /** Tests of the failing test's file that pass, with coverage. */
  readonly passing: readonly TestResult[];
  /** Tries edits, each alone on the broken tree, against the first failing test. */
  probe(edits: readonly Edit[]): Promise<Probe[]>;
}

export interface WorkspaceOptions {
  task: Task;
  /** Turns the pristine tree into the broken one. Engine knowledge: closed over, never a field. */
  base: readonly Edit[];
  pristine: ReadonlyMap<string, string>;
  /** Ids of the repository's suite. */
  suite: readonly string[];
  harness: Harness;
}

/** Opens the workspace of a task; null when the failing tests do not fail here. */
export async function openWorkspace({
  task,
  base,
  pristine,
  suite,
  harness,
}: WorkspaceOptions): Promise<Workspace | null> {
  const run = async (tests: readonly string[]): Promise<SuiteRun> =>
    usable(await harness.suite(task.repository_id, { edits: base, tests, coverage: true, wall_ms: fewTestsWallMs }));
  const failingRun = await run(task.failing_tests);
  const results = new Map(failingRun.tests.map((test) => [test.test_id, test]));
  const failing = task.failing_tests.flatMap((id) => results.get(id) ?? []).filter(fails);
  if (failing.length === 0 || failing[0]!.test_id !== task.failing_tests[0]) return null;
  const file = fileOf(task.failing_tests[0]!);
  const beside = suite
    .filter((id) => fileOf(id) === file && !task.failing_tests.includes(id))
    .slice(0, 2 * visibleLimit);
  const passing =
    beside.length === 0
      ? []
      : (await run(beside)).tests.filter((test) => test.status === 'passed').slice(0, visibleLimit);
  return {
    task_id: task.task_id,
    repository_id: task.repository_id,
    problem_statement: task.problem_statement,
    sources: brokenSources(pristine, base),
    failing,
    passing,
    probe: (edits) =>
      harness.probe(task.repository_id, {
        base,
        candidates: edits,
        tests: task.failing_tests.slice(0, 1),
        budget_ms: probeBudgetMs,
      }),
  };
}

const fails = ({ status }: TestResult): boolean => status !== 'passed' && status !== 'skipped';

/** The run, unless the infrastructure broke it: that says nothing of a task, so it must not become an outcome. */
export function usable(run: SuiteRun): SuiteRun {
  if (run.outcome !== 'infrastructure_error') return run;
  throw DataError.of({
    where: 'a run of tests in the sandbox',
    expected: 'an outcome, after three attempts',
    found: run.detail ?? 'the runner failed',
    fix: 'see make doctor, then run the same command again: finished executions are kept',
  });
}

export function brokenSources(pristine: ReadonlyMap<string, string>, base: readonly Edit[]): Map<string, string> {
  const sources = new Map(pristine);
  for (const edit of base) sources.set(edit.path, applyEdits(sources.get(edit.path)!, [edit]));
  return sources;
}

export const fileOf = (test_id: string): string => test_id.split('::')[0]!;
