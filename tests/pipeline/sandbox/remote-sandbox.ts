import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { Sandbox, SandboxCommand, SandboxOutcome, SandboxProcess } from '../../../pipeline/ports.ts';
import type { Level } from '../../../pipeline/sandbox/index.ts';
import { readLines } from '../../../pipeline/sandbox/lines.ts';
import { NOBODY } from './scratch.ts';

export interface Question {
  id: number;
  ask: { kind: 'run' | 'start'; command: SandboxCommand } | { kind: 'send'; line: string } | { kind: 'kill' | 'rest' };
}

export interface Answer {
  id: number;
  sandbox_id?: string;
  line?: string;
  outcome?: SandboxOutcome;
}

export interface RemoteSandbox extends Sandbox {
  pid: number;
  close(): void;
}

/**
 * A user that nothing else runs as: where limits count all that a user has, others must not come and go. Among the first
 * 65,536, which user namespaces have too.
 */
export const LONE_USER = 60_000 + (process.pid % 5_000);

const drop = (user: number): string[] => ['--reuid', String(user), '--regid', String(user), '--clear-groups'];
const INHERITED_DESCRIPTOR = 20;
const LINE_BYTES = 1 << 26;

/** The server as a process without rights; descriptor 20 stands for one that a careless parent leaves open. */
const spawnServer = (level: Level, user: number): ChildProcessByStdio<Writable, Readable, null> => {
  const stdio = Array<'ignore' | 'pipe' | 'inherit'>(INHERITED_DESCRIPTOR + 1).fill('ignore');
  stdio.splice(0, 3, 'pipe', 'pipe', 'inherit');
  stdio[INHERITED_DESCRIPTOR] = 'pipe';
  const argv = [process.execPath, join(import.meta.dirname, 'ordinary-user.ts'), level];
  const [file, ...rest] = process.geteuid!() === 0 ? ['/usr/bin/setpriv', ...drop(user), ...argv] : argv;
  return spawn(file!, rest, { stdio, cwd: '/' }) as never;
};

const plain = (command: SandboxCommand): SandboxCommand => ({
  ...command,
  ...(command.files && {
    files: command.files.map(({ target, content }) => ({ target, content: Buffer.from(content as string).toString() })),
  }),
});

const isClosed = (path: string): boolean =>
  (statSync(path).mode & 0o001) === 0 || (path !== '/' && isClosed(dirname(path)));

/** Why the tests of an ordinary user cannot run here; null when they can. */
export const ordinaryUserObstacle = (): string | null => {
  const closed = [import.meta.dirname, process.execPath].find((path) => isClosed(realpathSync(path)));
  return process.geteuid!() !== 0 || closed === undefined ? null : `only root can reach ${closed}`;
};

/** A sandbox as an ordinary user has it. */
export const openAsOrdinaryUser = async (
  level: Level = 'bubblewrap-full',
  user: number = NOBODY,
): Promise<RemoteSandbox> => {
  const server = spawnServer(level, user);
  const listeners = new Map<number, (answer: Answer) => void>();
  let last_id = 0;
  const ask = (id: number, ask: Question['ask']): void => {
    server.stdin.write(`${JSON.stringify({ id, ask })}\n`);
  };
  const hello = new Promise<Answer>((resolve, reject) => {
    listeners.set(0, resolve);
    server.once('exit', (code) => reject(new Error(`the server of the ordinary user ended with ${code}`)));
  });
  createInterface({ input: server.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    listeners.get(answer.id)!(answer);
  });

  const begin = (kind: 'run' | 'start', command: SandboxCommand): SandboxProcess => {
    const id = ++last_id;
    const lines = new PassThrough();
    const ended = new Promise<SandboxOutcome>((resolve) => {
      listeners.set(id, ({ line, outcome }) => {
        if (line !== undefined) lines.write(`${line}\n`);
        if (outcome !== undefined) {
          lines.end();
          resolve(outcome);
        }
      });
    });
    ask(id, { kind, command: plain(command) });
    return {
      send: (line) => ask(id, { kind: 'send', line }),
      kill: () => ask(id, { kind: 'kill' }),
      rest: () => ask(id, { kind: 'rest' }),
      lines: readLines(lines, LINE_BYTES, () => undefined),
      ended,
    };
  };

  const { sandbox_id } = await hello;
  return {
    id: sandbox_id!,
    pid: server.pid!,
    run: (command) => begin('run', command).ended,
    start: (command) => begin('start', command),
    close: () => {
      server.kill('SIGKILL');
    },
  };
};
