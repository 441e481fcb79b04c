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

/** A process and all its descendants, whatever namespace they are in. */
export const familyOf = (pid: string): string[] => [
  pid,
  ...threadsOf(pid)
    .flatMap((thread) => readOrNull(`/proc/${pid}/task/${thread}/children`)?.split(' ') ?? [])
    .filter((child) => child !== '')
    .flatMap(familyOf),
];
