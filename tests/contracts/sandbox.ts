import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox, SandboxCommand, SandboxOutcome } from '../../pipeline/ports.ts';
import { processesNaming } from '../pipeline/sandbox/processes.ts';
import { makeScratch, type Scratch } from '../pipeline/sandbox/scratch.ts';
import { ENVIRONMENT, failing, LIMITS, MEBIBYTE, marker } from './sandbox-commands.ts';

/**
 * What any sandbox must do, whoever starts it. `lacks` names the parts that a lower level goes without, as its README
 * tells; the attacks show what that comes to.
 */
export const sandboxContract = (name: string, make: () => Promise<Sandbox>, lacks: readonly string[] = []): void => {
  const part = (part_name: string, check: () => Promise<void>): void =>
    void it.skipIf(lacks.includes(part_name))(part_name, check);

  describe(name, () => {
    let sandbox: Sandbox;
    let scratch: Scratch;

    beforeAll(async () => {
      scratch = makeScratch();
      sandbox = await make();
    });
    afterAll(() => scratch.remove());

    const command = (argv: readonly string[], more: Partial<SandboxCommand> = {}): SandboxCommand => ({
      argv,
      binds: [{ source: scratch.repository, target: '/repo' }],
      cwd: '/',
      environment: ENVIRONMENT,
      limits: LIMITS,
      ...more,
    });
    const shell = (script: string, more: Partial<SandboxCommand> = {}): Promise<SandboxOutcome> =>
      sandbox.run(command(['/bin/sh', '-c', script], more));
    /** Node from wherever it is installed, bound to a place of its own. */
    const node = (script: string, more: Partial<SandboxCommand> = {}): SandboxCommand =>
      command(['/node', '-e', script], {
        ...more,
        binds: [
          { source: scratch.repository, target: '/repo' },
          { source: process.execPath, target: '/node' },
        ],
      });

    part('gives back output, report and exit code, each apart', async () => {
      const outcome = await shell('echo out; echo err >&2; echo report >&3; exit 7');
      expect(outcome).toMatchObject({ end: 'exited', exit_code: 7, detail: null });
      expect(outcome).toMatchObject({ stdout: 'out\n', stderr: 'err\n', report: 'report\n' });
    });

    part('reports the signal that ended a command as 128 and its number', async () => {
      expect(await shell('kill -TERM $$')).toMatchObject({ end: 'exited', exit_code: 143 });
    });

    part('comes to the same verdict twice', async () => {
      const scripts = [
        'cat /repo/source.txt; exit 3',
        'yes',
        'id; ls / /etc; env',
        'head -c 9000000 /dev/zero > /tmp/f',
      ];
      for (const script of scripts) {
        const first = await shell(script);
        const { wall_ms: _, ...again } = await shell(script);
        expect(first).toMatchObject(again.end === 'output' ? { end: 'output', exit_code: null } : again);
      }
    });

    part('starts programs at the same addresses each time, or says in its id that it cannot', async () => {
      const script = `perl -e 'open(my $out, ">&=3"); printf $out "%x", (\\$out + 0) >> 16;'`;
      const found = new Set<string>();
      for (let run = 0; run < 4; run++) found.add((await shell(script)).report);
      expect([...found].join()).toMatch(/^[0-9a-f,]+$/);
      expect(found.size === 1).toBe(sandbox.id.endsWith('+fixed-addresses'));
    });

    describe('ends', () => {
      part('everything a command started, at the time limit', async () => {
        const sleep = marker();
        const script = `trap "" TERM INT HUP; setsid sleep ${sleep} & (sleep ${sleep} & sleep ${sleep}) & sleep ${sleep}`;
        const outcome = await shell(script, { limits: { ...LIMITS, wall_ms: 500 } });
        expect(outcome).toMatchObject({ end: 'timeout', exit_code: null });
        expect(processesNaming(sleep)).toEqual([]);
      });

      part('daemons that a command left behind', async () => {
        const sleep = marker();
        const script = `setsid sleep ${sleep} < /dev/null > /dev/null 2>&1 3>&1 & sleep 0.1`;
        expect(await shell(script)).toMatchObject({ end: 'exited', exit_code: 0 });
        expect(processesNaming(sleep)).toEqual([]);
      });

      part('a command that used up its processor time', async () => {
        const outcome = await shell('while :; do :; done', { limits: { ...LIMITS, cpu_s: 1 } });
        expect(outcome).toMatchObject({ end: 'timeout', exit_code: null });
      });

      it.each(['yes', 'yes >&2', 'yes >&3'])('a flood of output: %s', async (script) => {
        const outcome = await shell(script);
        expect(outcome).toMatchObject({ end: 'output', exit_code: null });
        const { stdout, stderr, report } = outcome;
        expect(stdout.length + stderr.length + report.length).toBe(LIMITS.output_bytes);
      });

      part('one process that takes all memory', async () => {
        const { end, exit_code } = await sandbox.run(
          node('const all = []; for (;;) all.push(Buffer.alloc(1 << 24, 1))'),
        );
        expect(end === 'memory' || (end === 'exited' && exit_code !== 0)).toBe(true);
      });

      part('many processes that take all memory together', async () => {
        const child = 'const all = Buffer.alloc(300 << 20, 1); setTimeout(() => all, 1e6)';
        const script = `const { spawn } = require('node:child_process');
          for (let i = 0; i < 4; i++) spawn('/node', ['-e', ${JSON.stringify(child)}]);`;
        expect(await sandbox.run(node(script))).toMatchObject({ end: 'memory', exit_code: null });
      });

      part('a fork bomb, which never has more processes than allowed', async () => {
        const sleep = marker();
        const script = `const { spawn } = require('node:child_process');
          let started = 0;
          for (let i = 0; i < 60; i++) {
            const child = spawn('/usr/bin/sleep', ['${sleep}'], { stdio: 'ignore' });
            child.on('error', () => {});
            if (child.pid) started++;
          }
          require('node:fs').writeSync(3, String(started));
          process.exit();`;
        const { report } = await sandbox.run(node(script, { limits: { ...LIMITS, process_count: 32 } }));
        expect(Number(report)).toBeGreaterThan(0);
        expect(Number(report)).toBeLessThan(32);
        expect(processesNaming(sleep)).toEqual([]);
      });

      part('a fork bomb that never rests', async () => {
        const name = marker();
        const limits = { ...LIMITS, wall_ms: 1000, process_count: 32 };
        await shell(`bomb() { : ${name}; bomb | bomb & }; bomb; sleep 60`, { limits });
        expect(processesNaming(name)).toEqual([]);
      });
    });

    describe('hides', () => {
      part('the environment of the host', async () => {
        process.env.SANDBOX_CANARY = 'canary';
        const { stdout } = await shell('env; cat /proc/*/environ | tr "\\0" "\\n"', { environment: { A: '1' } });
        expect(stdout).toContain('A=1\n');
        expect(stdout).not.toContain('canary');
        expect(stdout).not.toContain('HOME=');
      });

      part('files that were not bound, by any path', async () => {
        const script = ['/proc/1/root', '/proc/1/cwd', '']
          .map((prefix) => `cat ${prefix}${scratch.secret}; ls ${prefix}/home ${prefix}/root ${prefix}/var`)
          .join('; ');
        const { stdout } = await shell(`${script}; cat /repo/link; cat /etc/shadow`);
        expect(stdout).toBe('');
      });

      part('host paths in command lines', async () => {
        const { stdout } = await shell('cat /proc/*/cmdline');
        expect(stdout).not.toContain(scratch.root);
      });

      part('processes of the host', async () => {
        const { stdout } = await shell('ls -d /proc/[0-9]* | wc -l; kill -9 -1; echo left');
        expect(Number(stdout.split('\n')[0])).toBeLessThan(10);
      });

      part('descriptors of the host', async () => {
        const { stdout } = await shell('ls -l /proc/self/fd');
        const open = stdout.split('\n').flatMap((line) => / (\d+) -> (.*)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
        const beyond = open.filter((line) => Number(line.split(' ')[0]) > 3);
        expect(beyond.filter((line) => !/ \/proc\/\d+\/fd$| \/dev\/null$/.test(line))).toEqual([]);
      });

      part('the network, a listener on this machine included', async () => {
        let connection_count = 0;
        const server = createServer(() => connection_count++).listen(0, '127.0.0.1');
        const hidden = createServer(() => connection_count++).listen(`\0${marker()}`);
        await new Promise((resolve) => server.once('listening', resolve));
        const places = [server.address(), { path: hidden.address() }].map((place) => JSON.stringify(place));
        const script = `for (const place of [${places}]) {
          require('node:net').connect({ host: '127.0.0.1', ...place }).on('error', (error) => console.log(error.code))
            .on('connect', () => { console.log('connected'); process.exit() }); }`;
        const { stdout } = await sandbox.run(node(script));
        server.close();
        hidden.close();
        expect(stdout.trim().split('\n').sort()).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
        expect(connection_count).toBe(0);
      });
    });

    describe('refuses', () => {
      part('writing anywhere but to the temporary directories', async () => {
        const places = ['/', '/usr', '/usr/bin', '/etc', '/dev', '/proc', '/repo'].map((path) => `: > ${path}/file`);
        const { stdout } = await shell(
          failing([...places, 'echo x >> /repo/source.txt', ': >> /etc/hosts', 'rm /bin']),
        );
        expect(stdout).toBe('');
        expect(await shell('echo a > /tmp/a && echo b > /dev/shm/b && cat /tmp/a /dev/shm/b')).toMatchObject({
          stdout: 'a\nb\n',
        });
      });

      part('opening kernel settings for writing', async () => {
        const settings = ['sys/kernel/core_pattern', 'sys/vm/drop_caches', 'sys/kernel/hostname', 'sysrq-trigger'];
        const { stdout } = await shell(failing(settings.map((path) => `: >> /proc/${path}`)));
        expect(stdout).toBe('');
      });

      part('namespaces, mounts and other ways to more rights', async () => {
        const attempts = [
          'unshare --user true',
          'unshare --net true',
          'mount -t tmpfs x /tmp',
          'umount /proc',
          'chroot / true',
        ];
        expect((await shell(failing(attempts))).stdout).toBe('');
        const { stdout } = await shell('grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status | tr -d "\\t"');
        expect(stdout).toBe(
          `${['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:0000000000000000\n`).join('')}NoNewPrivs:1\nSeccomp:2\n`,
        );
      });

      part('rights that a setuid program would give', async () => {
        const { stdout } = await shell('/repo/setuid-id; cp /usr/bin/id /tmp/id; chmod 4755 /tmp/id; /tmp/id');
        expect(stdout).toBe('uid=1000(box) gid=1000(box) groups=1000(box)\n'.repeat(2));
      });

      part('files over the limit, one alone or all of /tmp together', async () => {
        const one = await shell(`head -c ${2 * LIMITS.file_bytes} /dev/zero > /tmp/f; stat -c %s /tmp/f`);
        expect(one.stdout).toBe(`${LIMITS.file_bytes}\n`);
        const many = await shell('for i in 1 2 3 4 5 6; do head -c 1000000 /dev/zero > /tmp/$i; done; du -k /tmp');
        expect(many.stderr).toContain('No space left on device');
      });
    });

    describe('shows', () => {
      part('a file laid over a bind, and leaves the one on the host alone', async () => {
        const files = [
          { target: '/repo/source.txt', content: 'edited\n' },
          { target: '/tools/new.txt', content: new TextEncoder().encode('new\n') },
        ];
        const outcome = await shell('cat /repo/source.txt /repo/deep/other.txt /tools/new.txt', { files });
        expect(outcome.stdout).toBe('edited\nother\nnew\n');
        expect(scratch.read('source.txt')).toBe('pristine\n');
      });

      part('a large file laid over a bind', async () => {
        const content = 'x'.repeat(3 * MEBIBYTE);
        const { stdout } = await shell('wc -c < /repo/source.txt', {
          files: [{ target: '/repo/source.txt', content }],
        });
        expect(stdout.trim()).toBe(String(content.length));
      });

      part('a writable copy that vanishes with the command', async () => {
        const files = [{ target: '/repo/source.txt', content: 'edited\n' }];
        const script =
          'cat source.txt; echo more >> source.txt; echo x >> deep/other.txt; echo n > new; rm removed.txt; mkdir d; cat source.txt deep/other.txt new';
        const outcome = await shell(script, { files, writable: '/repo', cwd: '/repo' });
        expect(outcome).toMatchObject({ stdout: 'edited\nedited\nmore\nother\nx\nn\n', stderr: '' });
        expect(scratch.read('source.txt')).toBe('pristine\n');
        expect((await shell('cat source.txt deep/other.txt removed.txt; ls', { cwd: '/repo' })).stdout).toBe(
          'pristine\nother\nremoved\ndeep\nlink\nremoved.txt\nsetuid-id\nsource.txt\n',
        );
      });

      part('no more room in a writable copy than the limit', async () => {
        const script = 'for i in 1 2 3 4 5 6; do head -c 1000000 /dev/zero > /repo/$i; done';
        expect((await shell(script, { writable: '/repo' })).stderr).toContain('No space left on device');
      });

      part('an interpreter from outside /usr', async () => {
        expect(await sandbox.run(node('console.log(process.version)'))).toMatchObject({
          stdout: `${process.version}\n`,
        });
      });

      part('localhost under its name', async () => {
        const script = `require('node:net').createServer().listen(0, 'localhost', function () { console.log('up'); this.close() })`;
        expect((await sandbox.run(node(script))).stdout).toBe('up\n');
      });
    });

    describe('is never a verdict', () => {
      it.each([
        ['a bind that does not exist', { binds: [{ source: '/no/such/path', target: '/repo' }] }],
        ['a working directory that does not exist', { cwd: '/no/such/path' }],
        ['a program that does not exist', { argv: ['/no/such/program'] }],
        ['a file added to a read-only bind', { files: [{ target: '/repo/added.txt', content: '' }] }],
        ['a file laid over a link', { files: [{ target: '/repo/link', content: '' }] }],
        ['a file in another path form', { files: [{ target: '/repo/deep/../source.txt', content: '' }] }],
        ['a writable target that is not bound', { writable: '/elsewhere' }],
        ['an option smuggled in by a zero byte', { environment: { A: 'x\0--ro-bind\0/\0/host' } }],
      ])('%s', async (_, more) => {
        const outcome = await shell('true', more);
        expect(outcome).toMatchObject({ end: 'infrastructure_error', exit_code: null });
        expect(outcome.detail).toMatch(/no such|nothing there|link|another form|zero byte|does not exist/i);
      });
    });

    describe('started', () => {
      const ECHO = 'while read -r line; do echo noise; echo "got $line" >&3; done';
      const collect = async (lines: AsyncIterable<string>): Promise<string[]> => {
        const all: string[] = [];
        for await (const line of lines) all.push(line);
        return all;
      };

      part('talks by lines', async () => {
        const process = sandbox.start(command(['/bin/sh', '-c', ECHO]));
        const lines = process.lines[Symbol.asyncIterator]();
        for (let i = 0; i < 100; i++) {
          process.send(`line ${i}`);
          expect((await lines.next()).value).toBe(`got line ${i}`);
        }
        process.kill();
        expect(await process.ended).toMatchObject({ end: 'killed', exit_code: null, report: '' });
        expect(await lines.next()).toMatchObject({ done: true });
      });

      part('carries long lines both ways', async () => {
        const script = `require('node:readline').createInterface({ input: process.stdin })
          .on('line', (line) => require('node:fs').writeSync(3, line + line + '\\n'))`;
        const process = sandbox.start(node(script));
        process.send('x'.repeat(100_000));
        const { value } = await process.lines[Symbol.asyncIterator]().next();
        process.kill();
        expect(value).toHaveLength(200_000);
        await process.ended;
      });

      part('waits for a reader that is slow', async () => {
        const script =
          'i=0; while [ $i -lt 200 ]; do head -c 20000 /dev/zero | tr "\\0" x >&3; echo >&3; i=$((i+1)); done';
        const process = sandbox.start(command(['/bin/sh', '-c', script]));
        await new Promise((resolve) => setTimeout(resolve, 300));
        const lines = await collect(process.lines);
        expect(lines).toHaveLength(200);
        expect(new Set(lines.map(({ length }) => length))).toEqual(new Set([20_000]));
        expect(await process.ended).toMatchObject({ end: 'exited', exit_code: 0 });
      });

      part('keeps lines for a reader that comes after the end, whole lines only', async () => {
        const process = sandbox.start(command(['/bin/sh', '-c', 'echo one >&3; echo two >&3; printf cut >&3']));
        expect(await process.ended).toMatchObject({ end: 'exited', exit_code: 0 });
        expect(await collect(process.lines)).toEqual(['one', 'two']);
      });

      part('has its output bounded, not its report', async () => {
        const limits = { ...LIMITS, output_bytes: 10_000 };
        const report = sandbox.start(command(['/bin/sh', '-c', 'yes | head -n 50000 >&3'], { limits }));
        expect(await collect(report.lines)).toHaveLength(50_000);
        expect(await report.ended).toMatchObject({ end: 'exited' });
        const output = sandbox.start(command(['/bin/sh', '-c', 'yes'], { limits }));
        expect(await output.ended).toMatchObject({ end: 'output' });
      });

      part('lives no longer than its time', async () => {
        const process = sandbox.start(command(['/bin/sh', '-c', ECHO], { limits: { ...LIMITS, wall_ms: 300 } }));
        expect(await collect(process.lines)).toEqual([]);
        expect(await process.ended).toMatchObject({ end: 'timeout' });
      });

      part('may hold no more than its memory, also while it should rest', async () => {
        const holding = `perl -e '$all = "x" x (200 * ${MEBIBYTE}); sleep 20'`;
        const script = `echo up >&3; read -r line; for i in 1 2 3 4 5 6; do ${holding} & done; wait`;
        const process = sandbox.start(command(['/bin/sh', '-c', script]));
        await process.lines[Symbol.asyncIterator]().next();
        process.send('go');
        process.rest();
        expect(await process.ended).toMatchObject({ end: 'memory' });
      });

      part('can be killed at once, twice, and spoken to afterwards', async () => {
        const sleep = marker();
        const process = sandbox.start(command(['/bin/sleep', sleep]));
        process.kill();
        process.kill();
        expect(await process.ended).toMatchObject({ end: 'killed' });
        process.send('anyone?');
        process.kill();
        expect(processesNaming(sleep)).toEqual([]);
      });

      part('that never started says why', async () => {
        const process = sandbox.start(command(['true'], { binds: [{ source: '/no/such/path', target: '/repo' }] }));
        expect(await collect(process.lines)).toEqual([]);
        expect(await process.ended).toMatchObject({ end: 'infrastructure_error' });
      });
    });
  });
};
