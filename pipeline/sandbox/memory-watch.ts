import { familyOf, type Member, readOrNull } from './family.ts';

const INTERVAL_MS = 100;
const RESTING_MS = 2000;
const KIBIBYTE = 1024;

const resident = /^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm;
const proportional = /^Pss_(?:Anon|Shmem):\s+(\d+) kB$/gm;
const bytesIn = (text: string, lines: RegExp): number =>
  KIBIBYTE * text.matchAll(lines).reduce((sum, [, kibibytes]) => sum + Number(kibibytes), 0);

/** Cheap, and too high: a page that forked processes share counts once for each. */
const residentBytes = ({ status }: Member): number => bytesIn(status, resident);

/** Exact but slow; the cheap number where the kernel does not show it. */
const proportionalBytes = (member: Member): number => {
  const text = readOrNull(`/proc/${member.pid}/smaps_rollup`);
  return text?.includes('Pss_Anon') ? bytesIn(text, proportional) : residentBytes(member);
};

const total = (family: readonly Member[], bytes: (member: Member) => number): number =>
  family.reduce((sum, member) => sum + bytes(member), 0);

/** Memory that a process and its descendants hold now, when that may be more than `limit_bytes`; else a bound below it. */
const familyBytes = (pid: number, limit_bytes: number): number => {
  const family = familyOf(String(pid));
  const bound = total(family, residentBytes);
  return bound <= limit_bytes ? bound : total(family, proportionalBytes);
};

export interface MemoryWatch {
  /** Nothing can grow for now: look seldom. */
  rest(): void;
  wake(): void;
  stop(): void;
}

/**
 * Looks every tenth of a second at what all processes of a launch hold together, which resource limits cannot bound.
 * For machines without a memory control group.
 */
export const watchMemory = (pid: number, limit_bytes: number, exceeded: (bytes: number) => void): MemoryWatch => {
  const look = (): void => {
    const bytes = familyBytes(pid, limit_bytes);
    if (bytes > limit_bytes) exceeded(bytes);
  };
  let timer = setInterval(look, INTERVAL_MS);
  let interval_ms = INTERVAL_MS;
  let is_stopped = false;
  const every = (wanted_ms: number): void => {
    if (is_stopped || wanted_ms === interval_ms) return;
    clearInterval(timer);
    interval_ms = wanted_ms;
    timer = setInterval(look, interval_ms);
  };
  const stop = (): void => {
    is_stopped = true;
    clearInterval(timer);
  };
  return { rest: () => every(RESTING_MS), wake: () => every(INTERVAL_MS), stop };
};
