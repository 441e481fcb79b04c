import type { Trace } from '../../../schemas/traces.ts';
import { type Hunk, hunksOf } from './patch-symbols.ts';

/** A file an attempt opened or changed. */
export interface Touch {
  path: string;
  first_open_step: number | null;
  first_edit_step: number | null;
}

export interface ToolError {
  step_id: number;
  tool: string;
  error_class: string;
  path: string | null;
  command: string | null;
  result: string;
}

export interface TestRun {
  step_id: number;
  command: string;
  error_class: string | null;
}

/** Somebody's attempt at a task as the miner reads it: hypothesis, edit, result. */
export interface Attempt {
  trace_id: string;
  task_id: string;
  repo: string;
  model: string;
  outcome: 'success' | 'partial' | 'failure';
  step_count: number;
  problem_statement: string;
  hunks: Hunk[];
  touches: Touch[];
  errors: ToolError[];
  tests: TestRun[];
  /** Tests that had to pass and did not. */
  left_failing: string[];
}

export type AttemptTrace = Pick<
  Trace,
  'trace_id' | 'task_id' | 'repo' | 'outcome' | 'step_count' | 'problem_statement' | 'submission'
> & { model: string };

export interface AttemptSources {
  traces: readonly AttemptTrace[];
  touches: readonly (Touch & { trace_id: string })[];
  errors: readonly (Omit<ToolError, 'result'> & {
    trace_id: string;
    result_start: string | null;
    result_end: string | null;
  })[];
  tests: readonly (TestRun & { trace_id: string })[];
  left_failing: readonly { trace_id: string; test_id: string }[];
}

/** Judged attempts at a task of a named repository, in order of trace id. Attempts nobody judged teach nothing. */
export function attemptsOf(sources: AttemptSources): Attempt[] {
  const touches = Map.groupBy(sources.touches, (row) => row.trace_id);
  const errors = Map.groupBy(sources.errors, (row) => row.trace_id);
  const tests = Map.groupBy(sources.tests, (row) => row.trace_id);
  const failing = Map.groupBy(sources.left_failing, (row) => row.trace_id);
  return sources.traces
    .filter((trace) => trace.task_id !== null && trace.repo !== null && trace.outcome !== 'unknown')
    .sort((a, b) => (a.trace_id < b.trace_id ? -1 : 1))
    .map((trace) => ({
      trace_id: trace.trace_id,
      task_id: trace.task_id!,
      repo: trace.repo!,
      model: trace.model,
      outcome: trace.outcome === 'resolved' ? 'success' : trace.outcome === 'partial' ? 'partial' : 'failure',
      step_count: trace.step_count,
      problem_statement: trace.problem_statement ?? '',
      hunks: hunksOf(trace.submission ?? ''),
      touches: touches.get(trace.trace_id) ?? [],
      errors: (errors.get(trace.trace_id) ?? []).map(({ result_start, result_end, ...row }) => ({
        ...row,
        result: `${result_start ?? ''}\n${result_end ?? ''}`,
      })),
      tests: tests.get(trace.trace_id) ?? [],
      left_failing: (failing.get(trace.trace_id) ?? []).map((row) => row.test_id),
    }));
}

/** Step at which an attempt first changed a file; the last step when the steps do not tell. */
export function editStep(attempt: Attempt, path: string): number {
  const steps = attempt.touches
    .filter((touch) => isSameFile(touch.path, path) && touch.first_edit_step !== null)
    .map((touch) => touch.first_edit_step!);
  return steps.length > 0 ? Math.min(...steps) : attempt.step_count;
}

export const hasOpened = (attempt: Attempt, path: string): boolean =>
  attempt.touches.some((touch) => isSameFile(touch.path, path));

/** Agents write paths from different roots. */
export const isSameFile = (a: string, b: string): boolean => a === b || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
