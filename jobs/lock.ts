import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { DataError } from '../pipeline/errors.ts';

/** Takes a lock file that names this process; one left by a dead process of this host is taken over. */
export function takeLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  try {
    writeFileSync(path, mine, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = readHolder(path);
    if (holder && isAlive(holder)) {
      throw DataError.of({
        where: path,
        expected: 'no other job on this warehouse',
        found: `process ${holder.pid} on ${holder.host}`,
        fix: 'wait for it, or delete the file if that process is gone',
      });
    }
    writeFileSync(path, mine);
  }
  return () => rmSync(path, { force: true });
}

function readHolder(path: string): { pid: number; host: string } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function isAlive({ pid, host }: { pid: number; host: string }): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
