import { longestWall } from '../patience.ts';
import { familyOf, readOrNull, threadsOf } from './family.ts';

/** /proc counts processor time in hundredths of a second, whatever the kernel's own clock does. */
const TICK_MS = 10;
const INTERVAL_MS = 100;
/** Time in a row in which nothing ran: it waits for what will not come. */
const IDLE_MS = 2000;
/** A longer timer of Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** State, parent, group ...: what follows the name in a stat file. */
const fieldsOf = (path: string): string[] => {
  const stat = readOrNull(path) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

/** User and system time, of the process and of those that it has collected. */
const ticksOf = (pid: string): number =>
  fieldsOf(`/proc/${pid}/stat`)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0);

/** It runs, waits for a processor, or for a disk. */
const isBusy = (pid: string): boolean =>
  threadsOf(pid).some((thread) => ['R', 'D'].includes(fieldsOf(`/proc/${pid}/task/${thread}/stat`)[0]!));

interface Look {
  used_ms: number;
  is_busy: boolean;
}

const lookAt = (pids: readonly number[]): Look => {
  const family = pids.flatMap((pid) => familyOf(String(pid))).map((member) => member.pid);
  const used_ms = TICK_MS * family.reduce((sum, member) => sum + ticksOf(member), 0);
  return { used_ms, is_busy: family.some(isBusy) };
};

/** Looks from the limit on until a process and its descendants have had their time. */
const untilSpent = (pids: () => readonly number[], wall_ms: number, over: () => void): NodeJS.Timeout => {
  const last_ms = performance.now() + longestWall(wall_ms) - wall_ms;
  const most_idle_looks = Math.min(IDLE_MS, wall_ms) / INTERVAL_MS;
  let before_ms = -1;
  let idle_looks = 0;
  return setInterval(() => {
    const { used_ms, is_busy } = lookAt(pids());
    idle_looks = is_busy || used_ms !== before_ms ? 0 : idle_looks + 1;
    before_ms = used_ms;
    if (used_ms >= wall_ms || idle_looks >= most_idle_looks || performance.now() >= last_ms) over();
  }, INTERVAL_MS);
};

/**
 * Calls `over` when a command has had `wall_ms`: at that time if it used them or only waits, later if others kept the
 * machine from it. What it comes to must not depend on who else is there. Returns what ends the watch.
 * `pids`: the processes that do its work, each with its descendants.
 */
export const watchTime = (pids: () => readonly number[], wall_ms: number, over: () => void): (() => void) => {
  let interval: NodeJS.Timeout | undefined;
  const timer = setTimeout(
    () => {
      interval = untilSpent(pids, wall_ms, over);
    },
    Math.min(wall_ms, LONGEST_TIMER_MS),
  );
  return () => {
    clearTimeout(timer);
    clearInterval(interval);
  };
};

/** Calls `over` after a time of the clock: for what lives long and serves many. */
export const watchClock = (wall_ms: number, over: () => void): (() => void) => {
  const timer = setTimeout(over, Math.min(wall_ms, LONGEST_TIMER_MS));
  return () => clearTimeout(timer);
};
