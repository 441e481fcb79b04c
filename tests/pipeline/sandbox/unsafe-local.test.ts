import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxCommand } from '../../../pipeline/ports.ts';
import { openSandbox } from '../../../pipeline/sandbox/index.ts';
import { inward, outward } from '../../../pipeline/sandbox/translation.ts';
import { LIMITS } from '../../contracts/sandbox-commands.ts';
import { processesNaming } from './processes.ts';
import { makeScratch, type Scratch } from './scratch.ts';

describe('unsafe-local', async () => {
  const sandbox = await openSandbox({ unsafeLocal: true });
  let scratch: Scratch;
  beforeAll(() => {
    scratch = makeScratch();
  });
  afterAll(() => scratch.remove());

  const command = (script: string, more: Partial<SandboxCommand> = {}): SandboxCommand => ({
    argv: ['/bin/sh', '-c', script],
    binds: [{ source: scratch.repository, target: '/repo' }],
    cwd: '/repo',
    environment: { PATH: '/usr/bin:/bin' },
    limits: LIMITS,
    ...more,
  });
  const shell = (script: string, more: Partial<SandboxCommand> = {}) => sandbox.run(command(script, more));

  it('says what it is', () => {
    expect(sandbox.id).toBe('unsafe-local/1');
  });

  it('shows paths, edits and reports as the sandbox does, and leaves the host tree alone', async () => {
    const files = [
      { target: '/repo/source.txt', content: 'edited\n' },
      { target: '/tools/new.txt', content: 'new\n' },
    ];
    const script =
      'pwd; pwd >&3; cat /repo/source.txt "$TOOLS/new.txt"; echo more >> source.txt; echo error >&2; exit 3';
    const outcome = await shell(script, { files, environment: { PATH: '/usr/bin', TOOLS: '/tools' } });
    expect(outcome).toMatchObject({ end: 'exited', exit_code: 3, stderr: 'error\n', report: '/repo\n' });
    expect(outcome.stdout).toBe('/repo\nedited\nnew\n');
    expect(scratch.read('source.txt')).toBe('pristine\n');
  });

  it('passes no environment on', async () => {
    process.env.SANDBOX_CANARY = 'canary';
    expect((await shell('env', { environment: { A: '1' } })).stdout).not.toContain('canary');
  });

  it('is not root', async () => {
    expect((await shell('id -u', { environment: { PATH: '/usr/bin' } })).stdout).not.toBe('0\n');
  });

  it('kills what stays in its process group, at the time limit and at the end', async () => {
    const name = `6${process.pid}`;
    const script = `sleep ${name} & sleep ${name} & echo up; [ -n "$STAY" ] && sleep ${name}`;
    const limits = { ...LIMITS, wall_ms: 500 };
    const stay = { PATH: '/usr/bin', STAY: '1' };
    expect(await shell(script, { limits, environment: stay })).toMatchObject({ end: 'timeout', stdout: 'up\n' });
    expect(await shell(script)).toMatchObject({ end: 'exited', stdout: 'up\n' });
    expect(processesNaming(name)).toEqual([]);
  });

  it('limits output, files and processor time', async () => {
    expect(await shell('yes')).toMatchObject({ end: 'output' });
    expect((await shell('head -c 9000000 /dev/zero > f; stat -c %s f')).stdout).toBe(`${LIMITS.file_bytes}\n`);
    expect(await shell('while :; do :; done', { limits: { ...LIMITS, cpu_s: 1 } })).toMatchObject({ end: 'timeout' });
  });

  it('talks by lines', async () => {
    const started = sandbox.start(command('while read -r line; do echo "got $line" >&3; done'));
    const lines = started.lines[Symbol.asyncIterator]();
    started.send('/repo/source.txt');
    expect((await lines.next()).value).toBe('got /repo/source.txt');
    started.kill();
    expect(await started.ended).toMatchObject({ end: 'killed' });
  });

  it('says why it could not start', async () => {
    const binds = [{ source: '/no/such/path', target: '/repo' }];
    expect(await shell('true', { binds })).toMatchObject({ end: 'infrastructure_error' });
  });
});

describe('translation', () => {
  const workspace = { root: '/var/w', targets: ['/repo', '/repo/sub', '/tools/a.py'] };

  it.each([
    ['/repo', '/var/w/repo'],
    ['/repo/x:/repo/y', '/var/w/repo/x:/var/w/repo/y'],
    ['--rootdir=/repo', '--rootdir=/var/w/repo'],
    ['{"path":"/tools/a.py"}', '{"path":"/var/w/tools/a.py"}'],
    ['/repository /my/repo /repo.txt', '/repository /my/repo /repo.txt'],
  ])('%s becomes %s', (inside, outside) => {
    expect(inward(workspace, inside)).toBe(outside);
    expect(outward(workspace, outside)).toBe(inside);
  });

  it('comes back as it was', () => {
    const word = fc.constantFrom('/repo', '/repo/sub', '/tools/a.py', '/', ' ', ':', 'x', '"', '.', '-');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(outward(workspace, inward(workspace, words.join('')))).toBe(words.join(''));
      }),
    );
  });
});
