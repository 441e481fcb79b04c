import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { probeLevels } from '../../../pipeline/sandbox/index.ts';
import { makeWorkspace, sweepWorkspaces } from '../../../pipeline/sandbox/workspaces.ts';
import { LIMITS } from '../../contracts/sandbox-commands.ts';
import { processesNaming } from './processes.ts';
import { openAsOrdinaryUser, ordinaryUserObstacle } from './remote-sandbox.ts';

/** No process has so high a number. */
const NOBODYS = 2 ** 22 + 1;

it('removes the workspaces of processes that are gone, and no other directory', () => {
  const own = makeWorkspace();
  const abandoned = mkdtempSync(join(tmpdir(), `socratic-swe-${NOBODYS}-`));
  const other = join(tmpdir(), `socratic-swe-${NOBODYS}-not-ours`);
  mkdirSync(join(abandoned, 'deep'));
  writeFileSync(join(abandoned, 'deep', 'file'), '');
  mkdirSync(other);
  try {
    sweepWorkspaces();
    expect([own, abandoned, other].map((path) => existsSync(path))).toEqual([true, false, true]);
  } finally {
    for (const path of [own, abandoned, other]) rmSync(path, { recursive: true, force: true });
  }
});

const { missing } = (await probeLevels(['landlock']))[0]!;
const reason = missing ?? ordinaryUserObstacle();
if (reason !== null) process.stderr.write(`test of what a kill leaves behind skipped: ${reason}\n`);

const workspacesOf = (pid: number): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`socratic-swe-${pid}-`));

it.skipIf(reason !== null)(
  'leaves nothing of a run whose process was killed, once the next one has opened',
  async () => {
    const name = `5${process.pid}`;
    const killed = await openAsOrdinaryUser('landlock');
    const started = killed.start({
      argv: ['/bin/sh', '-c', `setsid sleep ${name} & echo up >&3; wait`],
      binds: [{ source: import.meta.dirname, target: '/repo' }],
      writable: '/repo',
      cwd: '/repo',
      environment: { PATH: '/usr/bin' },
      limits: LIMITS,
    });
    await started.lines[Symbol.asyncIterator]().next();
    expect(workspacesOf(killed.pid)).toHaveLength(1);
    killed.close();
    for (let wait = 0; wait < 200 && processesNaming(name).length > 0; wait++) await sleep(50);
    expect(processesNaming(name)).toEqual([]);
    const next = await openAsOrdinaryUser('landlock');
    next.close();
    expect(workspacesOf(killed.pid)).toEqual([]);
  },
);
