import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { javascriptRunner } from '../../../pipeline/languages/javascript/runner/index.ts';
import { pythonRunner } from '../../../pipeline/languages/python/runner/runner.ts';
import type { Language, RepositorySnapshot, Sandbox, SuiteRun, TestRunner } from '../../../pipeline/ports.ts';
import { preparePythonEnvironment } from '../../../pipeline/repositories/python-environment.ts';
import { openSandbox, probeLevels } from '../../../pipeline/sandbox/index.ts';
import { project } from '../../sources.ts';
import { missingSandbox, openTiny, snapshotOf, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
const lower = (await probeLevels(['bubblewrap-bound-proc'])).filter(({ id }) => id !== null);

const runnersIn = async (sandbox: Sandbox): Promise<Record<Language, TestRunner>> => {
  const python = await preparePythonEnvironment({
    cacheDir: `${project}/data/cache`,
    python: 'python3',
    requirements: [],
  });
  return {
    python: pythonRunner({ sandbox, python }),
    javascript: javascriptRunner({ sandbox, node: process.execPath, node_modules: null }),
  };
};

const statuses = ({ outcome, tests }: SuiteRun): unknown => ({
  outcome,
  tests: tests.map(({ test_id, status }) => `${test_id} ${status}`).sort(),
});

describe.skipIf(missing !== null)('the suites of the tiny libraries', () => {
  let world: TinyWorld;
  beforeAll(async () => {
    world = await openTiny();
  }, 120_000);
  afterAll(() => world.close());

  const cases = lower.flatMap(({ level }) =>
    (['python', 'javascript'] as const).map((language) => ({ level, language })),
  );

  it.each(cases)(
    'come out on level $level as on the full one, cold and warm: $language',
    async ({ level, language }) => {
      const repository: RepositorySnapshot = snapshotOf(world, language);
      const request = { edits: [], wall_ms: 60_000 };
      const full = statuses(
        await (await runnersIn(await openSandbox({ level: 'bubblewrap-full' })))[language].cold(repository, request),
      );
      const runner = (await runnersIn(await openSandbox({ level })))[language];
      expect(statuses(await runner.cold(repository, request))).toEqual(full);
      const session = await runner.warm(repository);
      try {
        expect(statuses(await session.suite(request))).toEqual(full);
      } finally {
        await session.close();
      }
    },
    120_000,
  );
});
