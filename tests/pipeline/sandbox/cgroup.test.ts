import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bubblewrapLaunch } from '../../../pipeline/sandbox/bubblewrap-launch.ts';
import { createGroup, findControllers, sweepGroups } from '../../../pipeline/sandbox/cgroup.ts';
import { inspectHost } from '../../../pipeline/sandbox/host.ts';
import { supervise } from '../../../pipeline/sandbox/supervise.ts';
import { LIMITS } from '../../contracts/sandbox-commands.ts';

const user_id = process.geteuid!();
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const file = (path: string, text = ''): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
/** Someone who is not root, as whom a delegated directory is looked for: the owner of the fixture. */
const find = (membership: string, asker = user_id) => findControllers({ user_id: asker, membership, root });

describe('findControllers', () => {
  it('takes the top of a version 1 hierarchy for root alone', () => {
    file('memory/cgroup.procs');
    file('pids/cgroup.procs');
    const membership = '9:pids:/\n4:memory:/\n0::/\n';
    const expected = { version: 1, memory: join(root, 'memory'), pids: join(root, 'pids') };
    if (user_id === 0) expect(find(membership)).toEqual(expected);
    expect(find(membership, 4321)).toBeNull();
  });

  it('leaves a subtree alone that someone else manages', () => {
    file('memory/manager/job/cgroup.procs');
    expect(find('4:memory:/manager/job\n', 0)).toBeNull();
  });

  it('does without a pids controller, not without memory', () => {
    file('memory/cgroup.procs');
    file('pids/cgroup.procs');
    if (user_id === 0) expect(find('4:memory:/\n')).toMatchObject({ pids: null });
    expect(find('9:pids:/\n')).toBeNull();
  });

  it('takes the nearest version 2 group that hands both controllers down, if it was delegated', () => {
    file('cgroup.controllers', 'memory pids\n');
    file('user.slice/cgroup.subtree_control', 'memory pids\n');
    file('user.slice/cgroup.procs');
    file('user.slice/app.slice/cgroup.subtree_control', 'cpu memory pids\n');
    file('user.slice/app.slice/cgroup.procs');
    file('user.slice/app.slice/x.scope/cgroup.subtree_control');
    const membership = '0::/user.slice/app.slice/x.scope\n';
    const directory = join(root, 'user.slice/app.slice');
    expect(find(membership, user_id)).toEqual(
      user_id === 0 ? null : { version: 2, memory: directory, pids: directory },
    );
    expect(find(membership, 4321)).toBeNull();
  });

  it('finds nothing where there are no groups', () => {
    expect(find('0::/\n')).toBeNull();
    expect(find('')).toBeNull();
  });
});

describe('createGroup', () => {
  const limits = { memory_bytes: 1000, process_count: 10 };

  it('sets version 2 limits', () => {
    const { enter, limits_memory } = createGroup({ version: 2, memory: root, pids: root }, limits);
    const [name] = readdirSync(root);
    expect(readFileSync(join(root, name!, 'memory.max'), 'utf8')).toBe('1000');
    expect(Number(readFileSync(join(root, name!, 'pids.max'), 'utf8'))).toBeGreaterThan(10);
    expect(enter.at(-1)).toBe(join(root, name!, 'cgroup.procs'));
    expect(limits_memory).toBe(true);
  });

  it('sweeps the groups of processes that are gone', () => {
    const own = `socratic-swe-${process.pid}-0`;
    for (const name of ['socratic-swe-99999999-0', own, 'other']) mkdirSync(join(root, name));
    sweepGroups({ version: 2, memory: root, pids: root });
    expect(readdirSync(root).sort()).toEqual(['other', own]);
  });
});

/** The pids hierarchy is the one this test may use for real: joining it takes nothing away from whoever manages memory. */
const PIDS = '/sys/fs/cgroup/pids';
const membership = existsSync('/proc/self/cgroup') ? readFileSync('/proc/self/cgroup', 'utf8') : '';
const can_join = user_id === 0 && /:pids:\/$/m.test(membership) && existsSync(join(PIDS, 'cgroup.procs'));
if (!can_join) process.stderr.write('control group tests on a real hierarchy skipped: not root at the top of one\n');

it.skipIf(!can_join)('a launch in a real group keeps its process limit and leaves no group behind', async () => {
  const host = { ...inspectHost(), controllers: { version: 1, memory: null, pids: PIDS } as const };
  const command = {
    argv: ['/bin/sh', '-c', 'cat /proc/self/cgroup; for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo all'],
    binds: [],
    cwd: '/',
    environment: { PATH: '/usr/bin' },
    limits: { ...LIMITS, process_count: 5 },
  };
  const outcome = await supervise(() => bubblewrapLaunch(host, command, 'overlay'), command.limits, 'run').ended;
  expect(outcome.end).toBe('exited');
  expect(outcome.stdout).not.toContain('all');
  expect(readdirSync(PIDS).filter((name) => name.startsWith(`socratic-swe-${process.pid}-`))).toEqual([]);
});
