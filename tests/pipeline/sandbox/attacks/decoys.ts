import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { processesNaming } from '../processes.ts';
import { makeScratch, NOBODY, type Scratch } from '../scratch.ts';

/** Things on the host that are there to be attacked. */
export interface Decoys {
  scratch: Scratch;
  /** A directory and a file that anyone may write to; the file belongs to the user that sandboxes run as. */
  folder: string;
  file: string;
  /** A process of the user that sandboxes run as, with `canary` in its environment and `name` in its command line. */
  process: { pid: number; name: string; canary: string };
  /** Name, mode, owner, time and text of everything in the repository. */
  repositoryState(): string;
  /** A number that no other process has in its command line. */
  mark(): string;
  remove(): void;
}

export const CONTENT = 'untouched\n';

let mark_count = 0;
const mark = (): string => String(3_000_000_000 + process.pid * 1000 + mark_count++);

/** The shell is what gives it away: it has the canary in its environment and the name in its command line. */
const startProcess = (name: string, canary: string): ChildProcess =>
  spawn('/bin/sh', ['-c', 'sleep "$0" & wait', name], {
    env: { PATH: '/usr/bin:/bin', CANARY: canary },
    stdio: 'ignore',
    detached: true,
    cwd: '/',
    ...(process.geteuid!() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });

const stateOf = (root: string): string =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const full = join(root, path);
      const { mode, uid, mtimeMs, size } = statSync(full, { throwIfNoEntry: false }) ?? {};
      const text =
        size !== undefined && size < 100 && existsSync(full) && !path.endsWith('deep') ? readFileSync(full) : '';
      return `${path} ${mode?.toString(8)} ${uid} ${mtimeMs} ${size} ${text}`;
    })
    .join('\n');

export const makeDecoys = (): Decoys => {
  const scratch = makeScratch();
  const folder = join(scratch.root, 'folder');
  const file = join(folder, 'file.txt');
  mkdirSync(folder);
  writeFileSync(file, CONTENT);
  chmodSync(folder, 0o777);
  chmodSync(file, 0o666);
  if (process.geteuid!() === 0) chownSync(file, NOBODY, NOBODY);
  const [name, canary] = [mark(), `canary-${mark()}`];
  const child = startProcess(name, canary);
  return {
    scratch,
    folder,
    file,
    process: { pid: child.pid!, name, canary },
    repositoryState: () => stateOf(scratch.repository),
    mark,
    remove: () => {
      child.kill('SIGKILL');
      endAll(name);
      scratch.remove();
    },
  };
};

/** Ends the host processes that an attack left behind, or a decoy did; says how many there were. */
export const endAll = (name: string): number => {
  const left = processesNaming(name);
  for (const pid of left) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended by itself.
    }
  }
  return left.length;
};
