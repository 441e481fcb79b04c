import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../pipeline/ports.ts';
import { bubblewrapLaunch } from '../../../pipeline/sandbox/bubblewrap-launch.ts';
import { inspectHost } from '../../../pipeline/sandbox/host.ts';
import { openSandbox } from '../../../pipeline/sandbox/index.ts';
import { supervise } from '../../../pipeline/sandbox/supervise.ts';
import { LIMITS } from '../../contracts/sandbox-commands.ts';
import { fullLevel } from './full-level.ts';
import { processesNaming } from './processes.ts';
import { NOBODY } from './scratch.ts';

const { missing } = await fullLevel();
const reason = process.geteuid!() === 0 ? missing : 'not run as root';
if (reason !== null) process.stderr.write(`tests of what only root meets skipped: ${reason}\n`);

describe.skipIf(missing !== null || reason !== null)('started by root', () => {
  let sandbox: Sandbox;
  let root: string;

  /** A tree as root leaves it behind under an umask of 077, below a directory that is closed to all others. */
  beforeAll(async () => {
    sandbox = await openSandbox();
    root = mkdtempSync(join(tmpdir(), 'closed to others: é-'));
    for (const directory of ['open', 'closed']) {
      mkdirSync(join(root, directory, 'deep'), { recursive: true });
      writeFileSync(join(root, directory, 'deep', 'file'), `${directory}\n`);
    }
    writeFileSync(join(root, 'alone'), 'alone\n');
    for (const [path, mode] of [
      ['closed/deep/file', 0o600],
      ['closed/deep', 0o700],
      ['closed', 0o700],
      ['alone', 0o600],
    ] as const)
      chmodSync(join(root, path), mode);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const shell = (script: string, writable?: string) =>
    sandbox.run({
      argv: ['/bin/sh', '-c', script],
      binds: ['open', 'closed', 'alone'].map((name) => ({ source: join(root, name), target: `/${name}` })),
      cwd: '/',
      environment: { PATH: '/usr/bin:/bin' },
      limits: LIMITS,
      ...(writable === undefined ? {} : { writable }),
    });

  it('reads trees and files that only root could reach or read, and leaves their modes alone', async () => {
    const script = 'cat /open/deep/file /closed/deep/file /alone';
    expect(await shell(script)).toMatchObject({ stdout: 'open\nclosed\nalone\n', stderr: '' });
    expect(await shell('(: > /closed/x) 2>/dev/null || (: >> /alone) 2>/dev/null || echo refused')).toMatchObject({
      stdout: 'refused\n',
    });
    const { stdout } = await supervise(hostLaunch(['/usr/bin/stat', '-c', '%a', ...paths()]), LIMITS, 'run').ended;
    expect(stdout).toBe('700\n600\n600\n');
  });

  const paths = (): string[] => ['closed', 'closed/deep/file', 'alone'].map((name) => join(root, name));
  const hostLaunch = (argv: string[]) => () => ({
    argv,
    cwd: '/',
    environment: {},
    inputs: [],
    has_status: false,
    group: null,
  });

  it('follows a link below a closed directory to what is open elsewhere', async () => {
    const open = mkdtempSync(join(tmpdir(), 'open-'));
    chmodSync(open, 0o755);
    writeFileSync(join(open, 'file'), 'elsewhere\n');
    symlinkSync(open, join(root, 'link'));
    try {
      const outcome = await sandbox.run({
        argv: ['/bin/cat', '/seen/file', '/alone'],
        binds: [
          { source: join(root, 'link'), target: '/seen' },
          { source: join(root, 'alone'), target: '/alone' },
        ],
        cwd: '/',
        environment: {},
        limits: LIMITS,
      });
      expect(outcome).toMatchObject({ end: 'exited', stdout: 'elsewhere\nalone\n', stderr: '' });
    } finally {
      rmSync(open, { recursive: true });
      rmSync(join(root, 'link'));
    }
  });

  it.each(['/open', '/closed'])('gives a writable copy of %s', async (tree) => {
    const outcome = await shell(`cd ${tree}; echo more >> deep/file; : > new; cat deep/file`, tree);
    expect(outcome).toMatchObject({ stdout: `${tree.slice(1)}\nmore\n`, stderr: '' });
    expect((await shell(`ls ${tree}; cat ${tree}/deep/file`)).stdout).toBe(`deep\n${tree.slice(1)}\n`);
  });

  it.skipIf(inspectHost().idmap === null)('makes a writable copy without a trace of each file', async () => {
    const tree = join(root, 'many');
    mkdirSync(tree);
    for (let i = 0; i < 50; i++) writeFileSync(join(tree, String(i)), `${i}\n`);
    const outcome = await sandbox.run({
      argv: ['/bin/sh', '-c', 'echo more >> 7; cat 7; stat -c "%u %g" 8; stat -f -c "%c %d" .'],
      binds: [{ source: tree, target: '/tree' }],
      writable: '/tree',
      cwd: '/tree',
      environment: { PATH: '/usr/bin:/bin' },
      limits: LIMITS,
    });
    const [seven, more, owner, inodes] = outcome.stdout.split('\n');
    expect([seven, more, owner]).toEqual(['7', 'more', '1000 1000']);
    const [total, free] = inodes!.split(' ').map(Number);
    expect(total! - free!).toBeLessThan(20);
    expect(readFileSync(join(tree, '7'), 'utf8')).toBe('7\n');
  });

  it('gives a writable copy where overlay does not work', async () => {
    const command = {
      argv: ['/bin/sh', '-c', 'echo more >> /open/deep/file; cat /open/deep/file'],
      binds: [{ source: join(root, 'open'), target: '/open' }],
      writable: '/open',
      cwd: '/',
      environment: {},
      limits: LIMITS,
    };
    const plan = () => bubblewrapLaunch(inspectHost(), command, 'copy');
    expect(await supervise(plan, LIMITS, 'run').ended).toMatchObject({ stdout: 'open\nmore\n', stderr: '' });
    expect((await shell('cat /open/deep/file')).stdout).toBe('open\n');
  });

  it('never is root on the host', async () => {
    const name = `8${process.pid}`;
    const started = sandbox.start({
      argv: ['/bin/sh', '-c', 'echo up >&3; sleep "$0"', name],
      binds: [],
      cwd: '/',
      environment: {},
      limits: LIMITS,
    });
    await started.lines[Symbol.asyncIterator]().next();
    const users = processesNaming(name).map(
      (pid) => /^Uid:\s(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
    );
    started.kill();
    await started.ended;
    expect(new Set(users)).toEqual(new Set([Array(4).fill(NOBODY).join('\t')]));
  });
});
