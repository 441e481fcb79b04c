import { WorkerLost } from '../../../errors.ts';
import type { Probe, SuiteRun } from '../../../ports.ts';
import { type CandidateRecord, parseCandidate, testResult } from './records.ts';
import type { Job, JobEnd, Server } from './server.ts';

type ProbeJob = Extract<Job, { kind: 'probe' }>;

/** How much longer than its budget a candidate may take, as in `warm.py`. */
const patience = 40;

/** Why only a cold run can tell: the edit cannot be swapped in, or passes where effects while loading are not undone. */
export type NeedsCold = 'cannot_swap' | 'doubtful';

/** Tries candidates in the warm server. */
export async function tryWarm(job: ProbeJob, running: () => Promise<Server>): Promise<(Probe | NeedsCold)[]> {
  const probes: (Probe | NeedsCold)[] = job.candidates.map(() => 'cannot_swap');
  let pending = job.candidates.map((_, index) => index);
  let isSuspected = false;
  while (pending.length > 0) {
    const asked = isSuspected ? pending.slice(0, 1) : pending;
    const answered = new Map<number, CandidateRecord>();
    const { end, cannotSwapBase } = await askServer(await running(), job, asked, answered);
    if (cannotSwapBase) return probes;
    for (const [index, record] of answered) probes[index] = warmProbe(record);
    if (end.how !== 'done' && asked.length === 1 && !answered.has(asked[0]!)) {
      // alone, and the server went away again
      probes[asked[0]!] = { outcome: end.how === 'hung' ? 'timeout' : 'crashed', tests: [] };
      answered.set(asked[0]!, { k: asked[0]!, o: 'crashed' });
    }
    pending = pending.filter((index) => !answered.has(index));
    isSuspected = end.how !== 'done' && !isSuspected;
  }
  return probes;
}

async function askServer(
  server: Server,
  job: ProbeJob,
  pending: readonly number[],
  answered: Map<number, CandidateRecord>,
): Promise<{ end: JobEnd; cannotSwapBase: boolean }> {
  let cannotSwapBase = false;
  const candidates = pending.map((index) => job.candidates[index]!);
  const silence_ms = 30_000 + patience * (2_000 + job.budget_ms);
  const end = await server.ask({ ...job, candidates }, silence_ms, (found) => {
    if (found.t === 'cannot_swap') cannotSwapBase = true;
    const record = parseCandidate(found);
    const index = record ? pending[record.k] : undefined;
    if (record && index !== undefined) answered.set(index, record);
  });
  // whoever ended the whole sandbox was no candidate: none of them can
  if (end.how === 'ended' && end.outcome.end === 'infrastructure_error')
    throw new WorkerLost(`the test server was lost while it tried candidates: ${end.outcome.detail}`);
  return { end, cannotSwapBase };
}

function warmProbe({ o, tests = [], doubtful }: CandidateRecord): Probe | NeedsCold {
  if (o === 'cannot_swap') return 'cannot_swap';
  if (o !== 'ran') return { outcome: o, tests: [] };
  const results = tests.map(testResult);
  const isPassing = results.every((test) => test.status === 'passed');
  return doubtful && isPassing ? 'doubtful' : { outcome: 'ran', tests: results };
}

/** A cold run of one candidate, as a probe. */
export function probeOf(run: SuiteRun): Probe {
  const { outcome, detail, tests } = run;
  if (outcome === 'infrastructure_error') throw new WorkerLost(`the runner itself failed: ${detail}`);
  if (outcome === 'complete') return { outcome: 'ran', tests };
  return { outcome: outcome === 'broken' || outcome === 'timeout' ? outcome : 'crashed', tests: [] };
}
