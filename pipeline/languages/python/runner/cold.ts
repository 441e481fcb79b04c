import type { Limits, RepositorySnapshot, SandboxOutcome, SuiteRequest, SuiteRun } from '../../../ports.ts';
import { newCanaries } from '../../canary.ts';
import { pytestCommand, type RunnerOptions } from './command.ts';
import { applyEdits, type Sources } from './edits.ts';
import { parseReport, type RunEnd, type RunRecord, suiteRun } from './records.ts';

const megabyte = 1024 * 1024;

/** Limits of one run of a suite. */
export const coldLimits = (wall_ms: number, coverage: boolean): Limits => ({
  wall_ms,
  // twice the wall, for tests with threads: the wall is what ends a run
  cpu_s: Math.ceil(wall_ms / 500) + 1,
  memory_bytes: 1024 * megabyte,
  process_count: 128,
  output_bytes: (coverage ? 256 : 32) * megabyte,
  file_bytes: 64 * megabyte,
});

/** One fresh process over the edited tree. `budget_ms` bounds the processor time of the tests themselves. */
export async function coldRun(
  options: RunnerOptions,
  repository: RepositorySnapshot,
  sources: Sources,
  request: SuiteRequest & { budget_ms?: number },
): Promise<SuiteRun> {
  const coverage = request.coverage ?? false;
  const stops_early = request.stop_at_first_failure ?? false;
  const test_ids = request.tests ?? null;
  // no ids would mean no file arguments, and pytest would look for tests by itself
  if (test_ids?.length === 0) return { outcome: 'complete', detail: null, tests: [], wall_ms: 0 };
  const [canary] = newCanaries(1, 'py');
  const command = pytestCommand(options, repository, {
    plugin: 'cold',
    request: {
      test_ids,
      coverage,
      stop_at_first_failure: stops_early,
      budget_ms: request.budget_ms ?? null,
      canary: canary!,
    },
    edited: applyEdits(await sources.of(request.edits), request.edits),
    limits: coldLimits(request.wall_ms, coverage),
  });
  const outcome = await options.sandbox.run(command);
  const records = parseReport(outcome.report);
  return suiteRun(records, { ...howItEnded(outcome, records), asked: request.tests, stops_early, canary });
}

function howItEnded(
  outcome: SandboxOutcome,
  records: readonly RunRecord[],
): Pick<RunEnd, 'forced' | 'detail' | 'wall_ms'> {
  const { end, wall_ms } = outcome;
  const detail = outcome.detail ?? `exit code ${outcome.exit_code}; ${lastLine(outcome.stderr)}`;
  if (end === 'timeout' || end === 'memory' || end === 'output' || end === 'infrastructure_error') {
    return { forced: end, detail, wall_ms };
  }
  // our plugin loads before any file of the repository: without its first word, the runner itself is broken
  const started = records.some((record) => record.t === 'started');
  return { forced: started ? undefined : 'infrastructure_error', detail, wall_ms };
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
