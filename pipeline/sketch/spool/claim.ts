import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CLAIM } from './layout.ts';

/** Milliseconds after which a claim of another machine is taken to be abandoned. */
export const LEASE_MS = 15 * 60_000;

const owner = (): { host: string; pid: number } => ({ host: hostname(), pid: process.pid });

/**
 * Takes a task for this process: true when it is ours. A claim whose process has died is taken over. Two processes
 * can at worst sketch a task twice; both get the same row.
 */
export function claimTask(folder: string, now: () => number = Date.now): boolean {
  const path = join(folder, CLAIM);
  if (tryClaim(path)) return true;
  if (!isAbandoned(path, now)) return false;
  rmSync(path, { force: true });
  return tryClaim(path);
}

export const releaseTask = (folder: string): void => rmSync(join(folder, CLAIM), { force: true });

function tryClaim(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner()), { flag: 'wx' });
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function isAbandoned(path: string, now: () => number): boolean {
  const age = now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now());
  if (age > LEASE_MS) return true;
  try {
    const { host, pid } = JSON.parse(readFileSync(path, 'utf8')) as { host: string; pid: number };
    return host === hostname() && !isAlive(pid);
  } catch {
    return false; // being written, or just gone
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
