import { afterAll, beforeAll, describe } from 'vitest';
import { javascriptRunner } from '../../pipeline/languages/javascript/runner/index.ts';
import { pythonRunner } from '../../pipeline/languages/python/runner/runner.ts';
import type { Language, Sandbox, TestRunner } from '../../pipeline/ports.ts';
import { preparePythonEnvironment } from '../../pipeline/repositories/python-environment.ts';
import { LEVELS, type Level, openSandbox, probeLevels } from '../../pipeline/sandbox/index.ts';
import { type Ground, levelAgreement } from '../contracts/level-agreement.ts';
import { project } from '../sources.ts';
import { editIn, missingSandbox, openTiny, snapshotOf, type TinyWorld } from '../tiny.ts';

const missing = await missingSandbox();
/** Containers have a test of their own among the long ones. */
const lower = await probeLevels(LEVELS.filter((level) => level !== 'bubblewrap-full' && level !== 'container'));
for (const { level, missing } of lower)
  if (missing !== null) process.stderr.write(`suites on level ${level} skipped: ${missing}\n`);
process.stderr.write('Python suites on level landlock skipped: its README says what they need\n');

const runnerIn = async (sandbox: Sandbox, language: Language): Promise<TestRunner> => {
  if (language === 'javascript') return javascriptRunner({ sandbox, node: process.execPath, node_modules: null });
  const cacheDir = `${project}/data/cache`;
  return pythonRunner({
    sandbox,
    python: await preparePythonEnvironment({ cacheDir, python: 'python3', requirements: [] }),
  });
};

/** The Python environment of the tests lies where its own user of Landlock may not look. */
const languagesOf = (level: Level): readonly (keyof typeof EDITS)[] =>
  level === 'landlock' ? ['javascript'] : ['python', 'javascript'];

/** By language: file, text, what a bug makes of it, what a hang does. */
const EDITS = {
  python: ['tally/basket.py', 'cents += self', 'cents -= self', 'while True: cents += self'],
  javascript: ['lib/interval.js', 'const out = [];', 'const out = [0];', 'for (;;) {}'],
} as const;

describe.skipIf(missing !== null)('the suites of the tiny libraries', () => {
  let world: TinyWorld;
  beforeAll(async () => {
    world = await openTiny();
  }, 300_000);
  afterAll(() => world.close());

  const groundOf = (language: keyof typeof EDITS): Ground => {
    const repository = snapshotOf(world, language);
    const sources = world.library.sources(repository.repository_id);
    const [path, old, bug, hang] = EDITS[language];
    return { repository, bug: editIn(sources, path, old, bug), hang: editIn(sources, path, old, hang) };
  };

  for (const { level } of lower.filter(({ id }) => id !== null))
    for (const language of languagesOf(level))
      levelAgreement(`on level ${level}: ${language}`, async () => ({
        runner: await runnerIn(await openSandbox({ level }), language),
        reference: await runnerIn(await openSandbox({ level: 'bubblewrap-full' }), language),
        ground: groundOf(language),
      }));
});
