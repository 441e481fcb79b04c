import { describe } from 'vitest';
import { openSandbox, probeLevels } from '../../pipeline/sandbox/index.ts';
import { sandboxContract } from '../contracts/sandbox.ts';
import { missingGo } from '../pipeline/languages/go/tiny.ts';
import { attackSuite, noPerl } from '../pipeline/sandbox/attacks/suite.ts';
import { suitesOn } from './level-suites.ts';

const level = 'container';
const [report] = await probeLevels([level]);
const { missing } = report!;
if (missing !== null) process.stderr.write(`tests of containers skipped: ${missing}\n`);

/** Parts of the contract that containers go without; `pipeline/sandbox/container/README.md` tells. */
const LACKS: readonly string[] = [
  'one process that takes all memory',
  'many processes that take all memory together',
  'may hold no more than its memory, also while it should rest',
  'the environment of the host',
  'rights that a setuid program would give',
  'no more room in a writable copy than the limit',
];

describe.skipIf(missing !== null)(level, () => {
  sandboxContract('started by this user', () => openSandbox({ level }), LACKS);
});

if (missing === null)
  suitesOn(level, ['python', 'javascript', ...((await missingGo()) === null ? (['go'] as const) : [])]);

attackSuite({ where: level, level, starter: 'root', reason: missing ?? noPerl, open: () => openSandbox({ level }) });
