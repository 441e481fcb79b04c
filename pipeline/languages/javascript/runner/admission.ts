import type { RepositorySnapshot, SuiteRun, TestResult, TestRunner, WarmSession } from '../../../ports.ts';

/** A test that cannot be trusted, with why. */
export interface Refusal {
  id: string;
  reason: string;
}

/** What trying a repository's tests came to. */
export interface Admission {
  /** Ids that pass in every way of running them, in collection order. */
  ids: string[];
  refused: Refusal[];
  /** Why the whole repository cannot be used; null when it can. */
  problem: string | null;
  cold_ms: number;
  warm_ms: number;
}

const cold_runs = 2;
const warm_runs = 3;
/** A test that takes longer is left out: every candidate edit pays for it. */
const slowest_ms = 250;

/**
 * Runs a repository's tests cold and warm, one at a time, and in reverse order. Trusted is a test that passes in all of
 * them: its result then depends neither on the framework's stand-in, nor on other tests, nor on chance.
 * `wall_ms` bounds each run.
 */
export async function admit(runner: TestRunner, repository: RepositorySnapshot, wall_ms: number): Promise<Admission> {
  const cold: SuiteRun[] = [];
  for (let n = 0; n < cold_runs; n++) cold.push(await runner.cold(repository, { edits: [], wall_ms }));
  const problem = cold.find((run) => run.outcome !== 'complete');
  if (problem)
    return {
      ids: [],
      refused: [],
      problem: `cold: ${problem.outcome} ${problem.detail ?? ''}`,
      cold_ms: problem.wall_ms,
      warm_ms: 0,
    };
  const session = await runner.warm(repository);
  try {
    return await compare(session, cold, wall_ms);
  } finally {
    await session.close();
  }
}

async function compare(session: WarmSession, cold: readonly SuiteRun[], wall_ms: number): Promise<Admission> {
  const warm: SuiteRun[] = [];
  for (let n = 0; n < warm_runs; n++) warm.push(await session.suite({ edits: [], wall_ms }));
  const trial = new Trial();
  for (const [n, run] of cold.entries()) trial.add(`cold run ${n + 1}`, run.tests);
  for (const [n, run] of warm.entries()) trial.add(`warm run ${n + 1}`, run.tests);
  const reversed = [...trial.trusted()].reverse();
  trial.add('warm in reverse order', (await session.suite({ edits: [], tests: reversed, wall_ms })).tests, reversed);
  for (const id of trial.trusted())
    trial.add('alone', (await session.suite({ edits: [], tests: [id], wall_ms })).tests, [id]);
  return {
    ids: trial.trusted(),
    refused: trial.refused(),
    problem: null,
    cold_ms: middle(cold),
    warm_ms: middle(warm),
  };
}

const middle = (runs: readonly SuiteRun[]): number =>
  runs.map((run) => run.wall_ms).sort((a, b) => a - b)[runs.length >> 1]!;

/** Every test's first reason not to be trusted. */
class Trial {
  readonly #reasons = new Map<string, string | null>();

  /** `asked`: what should have reported; all tests seen so far when left out. */
  add(how: string, tests: readonly TestResult[], asked: readonly string[] | null = null): void {
    const by_id = new Map(tests.map((test) => [test.test_id, test]));
    const has_parts = (id: string): boolean => tests.some((test) => test.test_id.startsWith(`${id} > `));
    const is_first = this.#reasons.size === 0;
    for (const id of by_id.keys())
      if (!this.#reasons.has(id)) this.#reasons.set(id, is_first ? null : `missing before ${how}`);
    for (const id of asked ?? [...this.#reasons.keys()]) {
      this.#reasons.set(id, this.#reasons.get(id) ?? reasonAgainst(by_id.get(id), how, has_parts(id)));
    }
  }

  trusted(): string[] {
    return [...this.#reasons].flatMap(([id, reason]) => (reason === null ? [id] : []));
  }

  refused(): Refusal[] {
    return [...this.#reasons].flatMap(([id, reason]) => (reason === null ? [] : [{ id, reason }]));
  }
}

/** A test with parts lasts as long as all of them. */
function reasonAgainst(test: TestResult | undefined, how: string, has_parts: boolean): string | null {
  if (!test) return `${how}: did not run`;
  if (test.status !== 'passed')
    return `${how}: ${test.status}${test.message ? ` (${test.message.slice(0, 120)})` : ''}`;
  return test.duration_ms > slowest_ms && !has_parts ? `slower than ${slowest_ms} ms` : null;
}
