import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Far longer than the kernel takes to end a process namespace, even on a machine that swaps. */
const PATIENCE_MS = 30_000;

const until = async (isOver: () => Promise<boolean> | boolean): Promise<boolean> => {
  const started = performance.now();
  for (let pause_ms = 1; performance.now() - started < PATIENCE_MS; pause_ms = Math.min(pause_ms * 2, 50)) {
    if (await isOver()) return true;
    await sleep(pause_ms);
  }
  return false;
};

/** True once a process has ended; one that its parent has not collected yet has ended too. */
const hasEnded = async (pid: number): Promise<boolean> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return 'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
};

/** The kernel lets the first process of a namespace end only after all others in it: false if that took too long. */
export const namespaceGone = (first_pid: number): Promise<boolean> => until(() => hasEnded(first_pid));

/** False if a process group outlived its kill. */
export const groupGone = (group: number): Promise<boolean> =>
  until(() => {
    try {
      process.kill(-group, 0);
      return false;
    } catch {
      return true;
    }
  });

/** Kills a process group; one that is already gone is fine. */
export const killGroup = (group: number): void => {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
