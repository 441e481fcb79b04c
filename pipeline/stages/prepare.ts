import * as z from 'zod';
import { Repositories, type Repository } from '../../schemas/repositories.ts';
import { Scores, Selections } from '../../schemas/scores.ts';
import { Skills } from '../../schemas/skills.ts';
import { mapLimit } from '../concurrency.ts';
import { DataError } from '../errors.ts';
import type { Harness, Library, SeedState, Stopwatch, SuiteRun } from '../ports.ts';
import { seededRandom, shuffled } from '../random.ts';
import { defineStage } from '../stage.ts';
import { baselineWallMs } from '../tasks/ground.ts';

/** Round 0: what each seed repository is good for. Registry, scores and selections start empty. */
export const prepare = defineStage({
  name: 'prepare',
  version: 4,
  reads: {},
  writes: { repositories: Repositories, skills: Skills, scores: Scores, selections: Selections },
  params: z.object({
    /** Warm runs, as collected, in reverse, then shuffled, that must agree with the two cold ones. */
    reruns: z.int().min(1).default(2),
    /** Fewest stable tests that make a repository usable. */
    fewest_tests: z.int().min(1).default(5),
    /** Tests that take longer on the pristine tree are left out: each would be run thousands of times. */
    slowest_test_ms: z.number().positive().default(400),
  }),
  ports: ['library', 'harness', 'stopwatch'],
  async run(_, { params, ports, seed, progress }) {
    const { library } = ports as { library: Library };
    let done = 0;
    const repositories = await mapLimit(library.seeds, 4, async (state) => {
      const row = await baseline(state, params, seed, ports as never);
      progress(++done, library.seeds.length, state.name);
      return row;
    });
    requireTraining(repositories);
    const dropped = Object.fromEntries(
      Map.groupBy(
        repositories.filter((r) => r.status !== 'ready'),
        (r) => r.status,
      )
        .entries()
        .map(([status, rows]) => [status, rows.length]),
    );
    return { tables: { repositories, skills: [], scores: [], selections: [] }, dropped };
  },
});

/** Without one nothing can be trained; the reasons are gone with the rows, so they are said. */
function requireTraining(repositories: readonly Repository[]): void {
  const training = repositories.filter((r) => r.split === 'train');
  if (training.some((r) => r.status === 'ready')) return;
  throw DataError.of({
    where: 'baseline of the training repositories',
    expected: 'at least one whose tests pass',
    found:
      training
        .map((r) => `${r.name}: ${r.detail ?? r.status}`)
        .join('; ')
        .slice(0, 1000) || 'no training repository',
    fix: 'see make doctor for what the machine lacks; data/seeds/README.md says how a seed is tested',
  });
}

type Settings = {
  reruns: number;
  fewest_tests: number;
  slowest_test_ms: number;
  /** Wall time of one run of the whole suite; what takes longer is endless. */
  wall_ms?: number;
};

/** Runs a repository's own tests, cold and warm, and says what it is good for. */
export async function baseline(
  state: SeedState,
  settings: Settings,
  seed: string,
  { harness, stopwatch }: { harness: Harness; stopwatch: Stopwatch },
): Promise<Repository> {
  const started = stopwatch.now();
  const row = (status: Repository['status'], detail: string | null, found: Partial<Repository> = {}): Repository => ({
    repository_id: state.repository_id,
    name: state.name,
    version: state.version,
    language: state.language,
    split: state.split,
    source_kind: state.source_kind,
    source_locator: state.source_locator,
    sha256: state.sha256,
    licence: state.licence,
    runner: state.snapshot?.test.runner ?? '',
    source_file_count: state.snapshot?.source_paths.length ?? 0,
    test_file_count: state.snapshot?.test_paths.length ?? 0,
    test_count: 0,
    tests: [],
    left_out_tests: [],
    agreement: 0,
    suite_ms: 0,
    status,
    detail,
    wall_ms: stopwatch.now() - started,
    ...found,
  });
  if (!state.snapshot) return row('unavailable', state.detail ?? 'it could not be fetched');
  const request = { edits: [], wall_ms: settings.wall_ms ?? baselineWallMs };
  const cold = await Promise.all([0, 1].map((repeat) => harness.cold(state.repository_id, { ...request, repeat })));
  const flaw = cold.find((run) => run.outcome !== 'complete');
  if (flaw)
    return row(
      flaw.outcome === 'timeout' ? 'endless' : 'failing_baseline',
      `the suite did not complete: ${flaw.outcome}${flaw.detail ? `: ${flaw.detail}` : ''}`,
    );
  const ids = cold[0]!.tests.map((test) => test.test_id);
  if (ids.length === 0) return row('no_tests', 'the test command found no test');
  const slow = cold.map((run) => slowIn(run, settings)).reduce((all, some) => all.intersection(some));
  const candidates = stable(ids, cold).filter((id) => !slow.has(id));
  const orders = Array.from({ length: settings.reruns }, (_, i) =>
    orderOf(candidates, i, `${seed}/baseline/${state.name}/${i}`),
  );
  const warm = await Promise.all(
    orders.map((tests, repeat) => harness.suite(state.repository_id, { ...request, tests, repeat })),
  );
  const tests = stable(candidates, warm);
  const found = {
    test_count: tests.length,
    tests,
    left_out_tests: ids.filter((id) => !tests.includes(id)),
    agreement: agreement(candidates, warm[0]!),
    suite_ms: Math.min(...warm.map((run) => run.wall_ms)),
  };
  if (tests.length < settings.fewest_tests)
    return row('failing_baseline', `only ${tests.length} tests pass every time`, found);
  return row('ready', null, found);
}

/** As collected, then in reverse (whatever needs a test before it fails in one of the two), then by chance. */
function orderOf(ids: readonly string[], run: number, seed: string): string[] {
  if (run === 0) return [...ids];
  return run === 1 ? [...ids].reverse() : shuffled(ids, seededRandom(seed));
}

/** Slow in each run, that is: in one of them something else may have had the machine. */
const slowIn = ({ tests }: SuiteRun, { slowest_test_ms }: Settings): Set<string> =>
  new Set(tests.filter(({ duration_ms }) => duration_ms > slowest_test_ms).map(({ test_id }) => test_id));

/** Ids that passed in every run, in the given order. */
function stable(ids: readonly string[], runs: readonly SuiteRun[]): string[] {
  const passed = runs.map((run) => new Set(run.tests.filter((t) => t.status === 'passed').map((t) => t.test_id)));
  return ids.filter((id) => passed.every((set) => set.has(id)));
}

const agreement = (ids: readonly string[], run: SuiteRun): number =>
  ids.length === 0 ? 0 : stable(ids, [run]).length / ids.length;
