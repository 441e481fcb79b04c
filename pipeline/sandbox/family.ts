import { readdirSync, readFileSync } from 'node:fs';

/** Null for a file that is gone between two looks, or not ours to read. */
export const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

export const threadsOf = (pid: string): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
};

export interface Member {
  pid: string;
  /** Text of its status file; empty when it is gone. */
  status: string;
}

/** A process and all its descendants, whatever namespace they are in. Most have one thread, and need no list of them. */
export const familyOf = (pid: string): Member[] => {
  const status = readOrNull(`/proc/${pid}/status`) ?? '';
  const threads = /^Threads:\s+1$/m.test(status) ? [pid] : threadsOf(pid);
  const children = threads.flatMap((thread) => readOrNull(`/proc/${pid}/task/${thread}/children`)?.split(' ') ?? []);
  return [{ pid, status }, ...children.filter((child) => child !== '').flatMap(familyOf)];
};
