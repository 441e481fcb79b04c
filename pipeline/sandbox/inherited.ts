import { existsSync, readdirSync, readFileSync } from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;

const survivesExec = (descriptor: string): boolean => {
  try {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '0';
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    // The descriptor that listed the directory: closed by now.
    return false;
  }
};

/** Systems without /proc cannot list them; only the sandbox without isolation runs there. */
const openDescriptors = (): string[] => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd') : []);

/**
 * Descriptors from `first` on that a child would inherit unasked, ascending: what this process was started with, or
 * what a native library opened. Node marks only its own, and bubblewrap passes the rest on to the command.
 */
export const inheritedDescriptors = (first: number): number[] =>
  openDescriptors()
    .filter((descriptor) => Number(descriptor) >= first && survivesExec(descriptor))
    .map(Number)
    .sort((a, b) => a - b);
