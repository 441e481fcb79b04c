import { WorkerLost } from '../errors.ts';
import type {
  Probe,
  ProbeRequest,
  RepositorySnapshot,
  SuiteRequest,
  SuiteRun,
  TestResult,
  WarmSession,
} from '../ports.ts';

const collect_ms = 120_000;
/** Wall time that a framework may take before it comes to the first test, on a busy machine. */
const start_ms = 20_000;
/** Wall time per millisecond of processor time that a candidate may take. */
const patience = 10;

/**
 * A session over a framework that cannot start over in one process: each request has a fresh one, and each candidate
 * costs a cold run. `cold` must be able to measure coverage where it is asked for.
 */
export async function openFresh(
  { name }: Pick<RepositorySnapshot, 'name'>,
  cold: (request: SuiteRequest) => Promise<SuiteRun>,
): Promise<WarmSession> {
  const first = await cold({ edits: [], wall_ms: collect_ms });
  if (first.outcome !== 'complete') {
    const Complaint = first.outcome === 'infrastructure_error' ? WorkerLost : Error;
    throw new Complaint(`tests of ${name} could not be collected: ${first.outcome} ${first.detail ?? ''}`);
  }
  return {
    test_ids: first.tests.map(({ test_id }) => test_id),
    suite: cold,
    probe: async (request) => {
      const probes: Probe[] = [];
      for (const candidate of request.candidates) probes.push(await probeWith(cold, request, candidate));
      return probes;
    },
    close: async () => {},
  };
}

async function probeWith(
  cold: (request: SuiteRequest) => Promise<SuiteRun>,
  { base, tests, budget_ms }: ProbeRequest,
  candidate: ProbeRequest['candidates'][number],
): Promise<Probe> {
  const wall_ms = start_ms + budget_ms * patience;
  const run = await cold({ edits: [...base, candidate], tests, stop_at_first_failure: true, wall_ms });
  const { outcome } = run;
  if (outcome === 'infrastructure_error') throw new WorkerLost(`the runner itself failed: ${run.detail}`);
  if (outcome === 'complete') return { outcome: 'ran', tests: upToFailure(run.tests, tests) };
  return { outcome: outcome === 'broken' || outcome === 'timeout' ? outcome : 'crashed', tests: [] };
}

/** Results up to the first failure; a test that should have run and did not counts as one. */
export function upToFailure(results: readonly TestResult[], tests: readonly string[]): TestResult[] {
  const failed = results.findIndex(({ status }) => status !== 'passed' && status !== 'skipped');
  if (failed >= 0) return results.slice(0, failed + 1);
  const reported = new Set(results.map(({ test_id }) => test_id));
  const absent = tests.find((id) => !reported.has(id));
  return absent === undefined ? [...results] : [...results, notRun(absent)];
}

const notRun = (test_id: string): TestResult => ({
  test_id,
  status: 'error',
  message: 'the test did not run',
  exception: null,
  frames: [],
  duration_ms: 0,
});
