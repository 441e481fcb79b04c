import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../pipeline/errors.ts';
import { parseHardLimits, requireTools } from '../../../pipeline/sandbox/host.ts';
import { type LevelReport, openSandbox, probeLevels } from '../../../pipeline/sandbox/index.ts';
import { LIMITS } from '../../contracts/sandbox-commands.ts';
import { fullLevel } from './full-level.ts';

const { missing } = await fullLevel();
const own_landlock = (await probeLevels(['landlock']))[0]!.id;
if (missing !== null) process.stderr.write(`probe test skipped: ${missing}\n`);

it.skipIf(missing !== null)('names what it found to work', async () => {
  const { id } = await openSandbox();
  expect(id).toMatch(/^bubblewrap-full\/1\+(overlay|copy)\+(rlimits|cgroup[12]:[a-z:]+)\+(fixed|random)-addresses$/);
  expect(await fullLevel()).toEqual({ level: 'bubblewrap-full', id, missing: null, fix: null });
});

it.skipIf(missing !== null)(
  'says what to allow where user namespaces are refused, as they are in the sandbox, and does with Landlock there',
  async () => {
    const sandbox = await openSandbox();
    const script = `import('/project/pipeline/sandbox/index.ts')
    .then(({ probeLevels }) => probeLevels(['bubblewrap-full', 'bubblewrap-bound-proc', 'landlock'])).then((report) => require('node:fs').writeSync(3, JSON.stringify(report)))`;
    const { report } = await sandbox.run({
      argv: ['/node', '-e', script],
      binds: [
        { source: process.execPath, target: '/node' },
        { source: join(import.meta.dirname, '../../../pipeline'), target: '/project/pipeline' },
        // A directory to stage on, as every machine has one.
        { source: import.meta.dirname, target: '/mnt' },
      ],
      cwd: '/',
      environment: {},
      limits: LIMITS,
    });
    const [full, bound, landlock] = JSON.parse(report) as LevelReport[];
    expect(full).toMatchObject({ level: 'bubblewrap-full', id: null });
    expect(full!.fix).toMatch(/user namespaces/);
    expect(bound).toMatchObject({ level: 'bubblewrap-bound-proc', id: null });
    expect(landlock).toMatchObject(own_landlock === null ? { id: null } : { id: expect.stringMatching(/same-user/) });
  },
);

describe('requireTools', () => {
  it('names the packages to install', () => {
    const find = (name: string): string | null => (name === 'bwrap' || name === 'prlimit' ? null : `/usr/bin/${name}`);
    expect(() => requireTools(find)).toThrow(DataError);
    expect(() => requireTools(find)).toThrow(/found: no bwrap, prlimit\n.*apt-get install bubblewrap util-linux/);
  });
});

it('parseHardLimits reads the second column', () => {
  const text =
    'Max cpu time              unlimited            60            seconds\nMax open files            1024     4096        files\n';
  expect(parseHardLimits(text)).toMatchObject({ cpu_s: 60, open_files: 4096, data_bytes: Number.POSITIVE_INFINITY });
});
