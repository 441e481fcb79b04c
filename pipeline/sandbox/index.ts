import { DataError } from '../errors.ts';
import type { Sandbox } from '../ports.ts';
import { openBubblewrap } from './probe.ts';
import { unsafeLocalSandbox } from './unsafe-local.ts';

export interface SandboxOptions {
  /** Runs commands without any isolation. Only ever on the user's own word. */
  unsafeLocal?: boolean;
}

/** What `doctor` shows about the sandbox of this machine. */
export interface SandboxReport {
  level: 'bubblewrap-full' | 'none';
  /** Null at level `none`. */
  id: string | null;
  /** What is missing; null when the level is full. */
  missing: string | null;
  /** How to mend it; null when the level is full. */
  fix: string | null;
}

/**
 * The sandbox of this machine, after a real command through the whole chain has shown that it isolates.
 * Throws a DataError that says what is missing; never falls back to less isolation.
 */
export const openSandbox = async ({ unsafeLocal = false }: SandboxOptions = {}): Promise<Sandbox> =>
  unsafeLocal ? unsafeLocalSandbox : openBubblewrap();

/** The level this machine offers, without throwing. */
export const probeSandbox = async (): Promise<SandboxReport> => {
  try {
    const { id } = await openBubblewrap();
    return { level: 'bubblewrap-full', id, missing: null, fix: null };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const [missing, fix = null] = error.message.split('\n  fix: ');
    return { level: 'none', id: null, missing: missing!, fix };
  }
};
