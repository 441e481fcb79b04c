import { callNumber } from '../../../../pipeline/sandbox/syscalls.ts';

const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';

/** Number of a system call of this machine. */
export const callOf = (name: string): number => callNumber(name, architecture);
