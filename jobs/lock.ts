import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DataError } from '../pipeline/errors.ts';

interface Holder {
  pid: number;
  host: string;
  /** When the process began, as its kernel counts; tells it from a later one with the same number. */
  started: string | null;
}

/** Takes a lock file that names this process; one left by a dead process of this host is taken over. */
export function takeLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  const mine: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, JSON.stringify(mine));
  try {
    while (!linked(draft, path)) moveAside(path, `${draft}.stale`);
  } finally {
    rmSync(draft, { force: true });
  }
  return () => rmSync(path, { force: true });
}

/** Puts the whole file in place at once, or not at all when there is one. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Removes a lock whose holder is gone; complains about one whose holder lives. Of two that try, one moves it. */
function moveAside(path: string, stale: string): void {
  const seen = holderOf(path);
  if (seen && isAlive(seen)) throw taken(path, seen);
  try {
    renameSync(path, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = holderOf(stale);
  if (moved && isAlive(moved)) {
    linked(stale, path);
    rmSync(stale, { force: true });
    throw taken(path, moved);
  }
  rmSync(stale, { force: true });
}

const taken = (path: string, { pid, host }: Holder): DataError =>
  DataError.of({
    where: path,
    expected: 'no other job on this warehouse',
    found: `process ${pid} on ${host}`,
    fix: 'wait for it, or delete the file if that process is gone',
  });

/** Null when the file is gone or is no lock. */
function holderOf(path: string): Holder | null {
  try {
    const { pid, host, started = null } = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && typeof host === 'string' ? { pid, host, started } : null;
  } catch {
    return null;
  }
}

function isAlive({ pid, host, started }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return started === null || now === null || now === started;
}

/** Field 22 of /proc/PID/stat; null where there is no such file. */
function startOf(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
