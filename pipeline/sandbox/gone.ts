import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Far longer than the kernel takes to end a process namespace, even on a machine that swaps. */
const PATIENCE_MS = 30_000;

const until = async (isOver: () => Promise<boolean>): Promise<boolean> => {
  const started = performance.now();
  for (let pause_ms = 1; performance.now() - started < PATIENCE_MS; pause_ms = Math.min(pause_ms * 2, 50)) {
    if (await isOver()) return true;
    await sleep(pause_ms);
  }
  return false;
};

/** The fields of /proc/PID/stat after the name: state, parent, group ...; null for a process that is gone. */
const statOf = async (pid: number | string): Promise<string[] | null> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
};

/** A process that its parent has not collected yet has ended too. */
const isRunning = (stat: string[] | null): boolean => stat !== null && stat[0] !== 'Z' && stat[0] !== 'X';

/** The kernel lets the first process of a namespace end only after all others in it: false if that took too long. */
export const namespaceGone = (first_pid: number): Promise<boolean> =>
  until(async () => !isRunning(await statOf(first_pid)));

const groupExists = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Slow; tells a group of uncollected processes from one that runs. */
const groupRuns = async (group: number): Promise<boolean> => {
  const pids = await readdir('/proc').catch(() => null);
  if (pids === null) return true;
  const stats = await Promise.all(pids.filter((pid) => /^\d+$/.test(pid)).map(statOf));
  return stats.some((stat) => isRunning(stat) && stat?.[2] === String(group));
};

/** False if a process group outlived its kill. */
export const groupGone = (group: number): Promise<boolean> =>
  until(async () => !groupExists(group) || !(await groupRuns(group)));

/** Kills a process group; one that is already gone is fine. */
export const killGroup = (group: number): void => {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
