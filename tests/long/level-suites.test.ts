import { LEVELS, probeLevels } from '../../pipeline/sandbox/index.ts';
import { missingGo } from '../pipeline/languages/go/tiny.ts';
import { suitesOn } from './level-suites.ts';

/** Containers have a test of their own among the long ones. */
const lower = await probeLevels(LEVELS.filter((level) => level !== 'bubblewrap-full' && level !== 'container'));
const go = (await missingGo()) === null ? (['go'] as const) : [];

for (const { level, missing } of lower) {
  if (missing === null) suitesOn(level, ['python', 'javascript', ...go]);
  else process.stderr.write(`suites on level ${level} skipped: ${missing}\n`);
}
