import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { probeLevels } from '../../../../pipeline/sandbox/index.ts';
import { noPerl } from './suite.ts';

const levels = (await probeLevels(['bubblewrap-full', 'bubblewrap-bound-proc', 'landlock'])).flatMap(({ level, id }) =>
  id === null ? [] : [level],
);
const ip = ['/usr/sbin/ip', '/sbin/ip', '/bin/ip'].find((path) => existsSync(path));
const reason = process.geteuid!() === 0 ? (ip === undefined ? 'no program ip' : noPerl) : 'not run as root';
if (reason !== null) process.stderr.write(`attack on an outside address skipped: ${reason}\n`);

/** For documentation alone: nobody has it. Here it lies in a namespace that leads nowhere. */
const ADDRESS = '198.51.100.7';
const ENTER = '"$0" link set lo up && "$0" address add "$1/32" dev lo && shift && exec "$@"';

it.skipIf(reason !== null)(
  'an address of the outside world is out of reach at every level, and not without one',
  () => {
    const program = [process.execPath, join(import.meta.dirname, 'own-network.ts'), ADDRESS, ...levels];
    const { stdout, stderr } = spawnSync('unshare', ['--net', '/bin/sh', '-c', ENTER, ip!, ADDRESS, ...program], {
      encoding: 'utf8',
    });
    const expected = Object.fromEntries([...levels.map((level) => [level, 0]), ['unsafe-local', 1]]);
    expect(JSON.parse(stdout || stderr)).toEqual(expected);
  },
  120_000,
);
