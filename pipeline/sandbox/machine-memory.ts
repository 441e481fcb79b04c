import { readFileSync } from 'node:fs';

/** How many processes the kernel has killed for want of memory since it started; 0 where it does not say. */
export const memoryKills = (): number => {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    // No Linux, or a container that masks the file.
    return 0;
  }
};
