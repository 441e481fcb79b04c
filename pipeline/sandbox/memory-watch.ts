import { familyOf, readOrNull } from './family.ts';

const INTERVAL_MS = 100;
const KIBIBYTE = 1024;

const kibibytes = (text: string | null, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text ?? '')?.[1] ?? 0), 0);

/** Cheap, and too high: a page that forked processes share counts once for each. */
const residentBytes = (pid: string): number =>
  KIBIBYTE * kibibytes(readOrNull(`/proc/${pid}/status`), ['RssAnon', 'RssShmem']);

/** Exact but slow; the cheap number where the kernel does not show it. */
const proportionalBytes = (pid: string): number => {
  const text = readOrNull(`/proc/${pid}/smaps_rollup`);
  return text === null || !text.includes('Pss_Anon')
    ? residentBytes(pid)
    : KIBIBYTE * kibibytes(text, ['Pss_Anon', 'Pss_Shmem']);
};

const total = (pids: readonly string[], bytes: (pid: string) => number): number =>
  pids.reduce((sum, pid) => sum + bytes(pid), 0);

/** Memory that a process and its descendants hold now, when that may be more than `limit_bytes`; else a bound below it. */
const familyBytes = (pid: number, limit_bytes: number): number => {
  const family = familyOf(String(pid));
  const bound = total(family, residentBytes);
  return bound <= limit_bytes ? bound : total(family, proportionalBytes);
};

/**
 * Looks every tenth of a second at what all processes of a launch hold together, which resource limits cannot bound.
 * For machines without a memory control group. Returns what ends the watch.
 */
export const watchMemory = (pid: number, limit_bytes: number, exceeded: (bytes: number) => void): (() => void) => {
  const timer = setInterval(() => {
    const bytes = familyBytes(pid, limit_bytes);
    if (bytes > limit_bytes) exceeded(bytes);
  }, INTERVAL_MS);
  return () => clearInterval(timer);
};
