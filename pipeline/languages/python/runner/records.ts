import * as z from 'zod';
import type { RunOutcome, SuiteRun, TestResult } from '../../../ports.ts';
import { forged, forgeryIn, merged, withoutCanaries } from '../../canary.ts';

const testRecord = z.object({
  t: z.literal('test'),
  id: z.string(),
  status: z.enum(['passed', 'failed', 'error', 'skipped']),
  message: z.string().nullable(),
  exception: z.string().nullable(),
  frames: z.array(z.tuple([z.string(), z.int()])),
  ms: z.number(),
  coverage: z.record(z.string(), z.array(z.int())).optional(),
});

const record = z.discriminatedUnion('t', [
  testRecord,
  z.object({ t: z.literal('started') }),
  z.object({ t: z.literal('collected'), ids: z.array(z.string()) }),
  z.object({ t: z.literal('collect_error'), id: z.string(), message: z.string() }),
  z.object({ t: z.literal('internal_error'), message: z.string() }),
  z.object({ t: z.literal('start'), id: z.string() }),
  z.object({ t: z.literal('budget_spent') }),
  z.object({ t: z.literal('timeout') }),
  z.object({ t: z.literal('cannot_swap'), message: z.string() }),
  z.object({ t: z.literal('end'), exit: z.int() }),
]);

/** One line of a run's report. */
export type RunRecord = z.infer<typeof record>;

const candidateRecord = z.object({
  k: z.int(),
  o: z.enum(['ran', 'broken', 'timeout', 'crashed', 'cannot_swap']),
  tests: z.array(testRecord).optional(),
  doubtful: z.boolean().optional(),
});

/** What came of one candidate of a probe. */
export type CandidateRecord = z.infer<typeof candidateRecord>;

/** Null for what does not parse: code under test can write to its own report too. */
export const parseRecord = (value: unknown): RunRecord | null => record.safeParse(value).data ?? null;
export const parseCandidate = (value: unknown): CandidateRecord | null => candidateRecord.safeParse(value).data ?? null;

/** The records of a report, line by line. A torn or foreign line is left out: what it should have said is missing. */
export function parseReport(report: string): RunRecord[] {
  return report.split('\n').flatMap((line) => {
    const parsed = line === '' ? null : parseRecord(parseJson(line));
    return parsed ? [parsed] : [];
  });
}

/** Undefined for what is no JSON. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A test record as the port names things. */
export function testResult(found: z.infer<typeof testRecord>): TestResult {
  const { id, status, message, exception, frames, ms, coverage } = found;
  const result: TestResult = {
    test_id: id,
    status,
    message,
    exception,
    frames: frames.map(([path, line]) => ({ path, line })),
    duration_ms: ms,
  };
  return coverage ? { ...result, coverage } : result;
}

export interface RunEnd {
  /** How the process ended, where that decides the outcome whatever the records say. */
  forced?: Extract<RunOutcome, 'timeout' | 'memory' | 'output' | 'infrastructure_error'> | undefined;
  /** What there is to say about an end without a last record. */
  detail: string;
  /** Ids asked for; all that were collected when left out. */
  asked?: readonly string[] | undefined;
  stops_early: boolean;
  wall_ms: number;
  /** Id of the test that must fail. */
  canary?: string | undefined;
}

/** What a run came to, from its records and how its process ended. */
export function suiteRun(records: readonly RunRecord[], end: RunEnd): SuiteRun {
  const canaries = end.canary === undefined ? [] : [end.canary];
  const reported = merged(records.flatMap((found) => (found.t === 'test' ? [testResult(found)] : [])));
  const tests = withoutCanaries(canaries, reported);
  const { outcome, detail } = judge(records, tests, end);
  const has_stopped = end.stops_early && tests.some((test) => test.status !== 'passed');
  const forgery = outcome === 'complete' && !has_stopped ? forgeryIn(canaries, reported) : null;
  if (forgery) return forged(forgery, end.wall_ms);
  const last = outcome === 'timeout' ? withoutCanaries(canaries, running(records)) : [];
  return { outcome, detail, tests: [...tests, ...last], wall_ms: end.wall_ms };
}

type Judgement = Pick<SuiteRun, 'outcome' | 'detail'>;

function judge(records: readonly RunRecord[], tests: readonly TestResult[], end: RunEnd): Judgement {
  const find = <T extends RunRecord['t']>(t: T) => records.find((r): r is Extract<RunRecord, { t: T }> => r.t === t);
  if (end.forced) return { outcome: end.forced, detail: end.detail };
  if (find('timeout') || find('budget_spent')) return { outcome: 'timeout', detail: 'time is up' };
  const refused = find('collect_error');
  if (refused) return { outcome: 'broken', detail: [refused.id, refused.message].filter(Boolean).join(': ') };
  const collected = find('collected');
  if (!collected) return { outcome: 'broken', detail: `tests were not collected: ${end.detail}` };
  const internal = find('internal_error');
  if (internal) return { outcome: 'incomplete', detail: internal.message };
  if (!find('end')) return { outcome: 'incomplete', detail: `no end of the report: ${end.detail}` };
  if (end.stops_early && tests.some((test) => test.status !== 'passed')) return { outcome: 'complete', detail: null };
  return completeness(tests, end.asked ?? collected.ids);
}

function completeness(tests: readonly TestResult[], asked: readonly string[]): Judgement {
  const reported = new Set(tests.map((test) => test.test_id));
  const missing = asked.filter((id) => !reported.has(id));
  if (missing.length === 0) return { outcome: 'complete', detail: null };
  return { outcome: 'incomplete', detail: `${missing.length} tests did not report, first ${missing[0]}` };
}

/** The test that had started and not finished when time was up. */
function running(records: readonly RunRecord[]): TestResult[] {
  const last = records.findLast((found) => found.t === 'start' || found.t === 'test');
  if (last?.t !== 'start') return [];
  const nothing = { message: 'did not finish in time', exception: null, frames: [], duration_ms: 0 };
  return [{ test_id: last.id, status: 'timeout', ...nothing }];
}
