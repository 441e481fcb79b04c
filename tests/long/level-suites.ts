import { afterAll, beforeAll, describe } from 'vitest';
import { javascriptRunner } from '../../pipeline/languages/javascript/runner/index.ts';
import { pythonRunner } from '../../pipeline/languages/python/runner/runner.ts';
import type { Language, Sandbox, TestRunner } from '../../pipeline/ports.ts';
import { preparePythonEnvironment } from '../../pipeline/repositories/python-environment.ts';
import { type Level, openSandbox } from '../../pipeline/sandbox/index.ts';
import { type Ground, levelAgreement } from '../contracts/level-agreement.ts';
import { edit, goRunnerIn, tinyGo } from '../pipeline/languages/go/tiny.ts';
import { project } from '../sources.ts';
import { editIn, missingSandbox, openTiny, snapshotOf, type TinyWorld } from '../tiny.ts';

const missing = await missingSandbox();

/** Root's own interpreter may lie in a closed home, where the user of a command on Landlock cannot look. */
const pythonOn = (level: Level): string => (level === 'landlock' ? '/usr/bin/python3' : 'python3');

const runnerIn = async (sandbox: Sandbox, language: Language, level: Level): Promise<TestRunner> => {
  if (language === 'go') return goRunnerIn(sandbox);
  if (language === 'javascript') return javascriptRunner({ sandbox, node: process.execPath, node_modules: null });
  const cacheDir = `${project}/data/cache`;
  return pythonRunner({
    sandbox,
    python: await preparePythonEnvironment({ cacheDir, python: pythonOn(level), requirements: [] }),
  });
};

/** By language: file, text, what a bug makes of it, what a hang does. */
const EDITS = {
  python: ['tally/basket.py', 'cents += self', 'cents -= self', 'while True: cents += self'],
  javascript: ['lib/interval.js', 'const out = [];', 'const out = [0];', 'for (;;) {}'],
} as const;

const goGround: Ground = {
  repository: tinyGo,
  bug: edit('sum += numeral.Value', 'sum -= numeral.Value'),
  hang: edit('sum += numeral.Value', 'for {\n}'),
};

/** On this level the suites of the tiny libraries say what they say at the full one. */
export function suitesOn(level: Level, languages: readonly Language[]): void {
  describe.skipIf(missing !== null)(`the suites of the tiny libraries on level ${level}`, () => {
    let world: TinyWorld;
    beforeAll(async () => {
      world = await openTiny();
    }, 300_000);
    afterAll(() => world.close());

    const groundOf = (language: Language): Ground => {
      if (language === 'go') return goGround;
      const repository = snapshotOf(world, language);
      const sources = world.library.sources(repository.repository_id);
      const [path, old, bug, hang] = EDITS[language];
      return { repository, bug: editIn(sources, path, old, bug), hang: editIn(sources, path, old, hang) };
    };

    for (const language of languages)
      levelAgreement(language, async () => ({
        runner: await runnerIn(await openSandbox({ level }), language, level),
        reference: await runnerIn(await openSandbox({ level: 'bubblewrap-full' }), language, level),
        ground: groundOf(language),
      }));
  });
}
