/**
 * Which tests of the Python seeds pass every time: twice cold, twice warm, once warm with coverage.
 * `node tests/long/python/verify-seeds.ts [python] [name ...]` prints one line per seed, and the ids to deselect.
 */
import { pythonRunner } from '../../../pipeline/languages/python/runner/runner.ts';
import type { SuiteRun, TestResult } from '../../../pipeline/ports.ts';
import { openSandbox } from '../../../pipeline/sandbox/index.ts';
import { openEnvironment, openSeed, type Seed, seeds } from './seeds.ts';

const [python = 'python3', ...names] = process.argv.slice(2);
const environment = await openEnvironment(python);
const runner = pythonRunner({ sandbox: await openSandbox(), python: environment });
const wall_ms = 120_000;

/** Why each test that did not pass in every run did not. */
function unstable(runs: SuiteRun[]): Map<string, string> {
  const seen = runs.map((run) => new Map(run.tests.map((test) => [test.test_id, test])));
  const ids = new Set(seen.flatMap((tests) => [...tests.keys()]));
  const reasons = [...ids].map((id) => {
    const results = seen.map((tests) => tests.get(id));
    return [id, results.every((test) => test?.status === 'passed') ? '' : results.map(inShort).join(' | ')] as const;
  });
  return new Map(reasons.filter(([, reason]) => reason !== ''));
}

const inShort = (test: TestResult | undefined): string =>
  test ? `${test.status} ${(test.message ?? '').slice(0, 120).replaceAll('\n', ' ')}`.trim() : 'missing';

const covered = (run: SuiteRun): number => {
  const lines = run.tests.flatMap((test) =>
    Object.entries(test.coverage ?? {}).flatMap(([p, l]) => l.map((n) => `${p}:${n}`)),
  );
  return new Set(lines).size;
};

async function verify(seed: Seed): Promise<void> {
  const repository = await openSeed(seed, environment);
  const cold = [
    await runner.cold(repository, { edits: [], wall_ms }),
    await runner.cold(repository, { edits: [], wall_ms }),
  ];
  const session = await runner.warm(repository);
  const warm = [await session.suite({ edits: [], wall_ms }), await session.suite({ edits: [], wall_ms })];
  const traced = await session.suite({ edits: [], wall_ms, coverage: true });
  await session.close();
  const runs = [...cold, ...warm, traced];
  const found = unstable(runs);
  const slow = cold[0]!.tests
    .filter((test) => test.duration_ms > 250)
    .map((test) => `${test.test_id} ${test.duration_ms} ms`);
  const line = [
    seed.name.padEnd(16),
    `files ${repository.source_paths.length}/${repository.test_paths.length}`,
    `passing ${cold[0]!.tests.length - found.size} unstable ${found.size}`,
    `outcomes ${[...new Set(runs.map((run) => [run.outcome, run.detail].filter(Boolean).join(': ')))].join(' / ')}`,
    `cold ${cold.map((run) => run.wall_ms.toFixed(0)).join(' ')} warm ${warm.map((run) => run.wall_ms.toFixed(0)).join(' ')}`,
    `traced ${traced.wall_ms.toFixed(0)} ms, ${covered(traced)} lines`,
  ];
  console.log(line.join('  '));
  for (const [id, reason] of found) console.log(`    ${id}: ${reason}`);
  for (const text of slow) console.log(`    slow: ${text}`);
}

for (const seed of seeds.filter(({ name }) => names.length === 0 || names.includes(name))) {
  await verify(seed).catch((error: unknown) => console.log(`${seed.name.padEnd(16)}  ${error}`));
}
