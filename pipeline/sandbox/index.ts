import type { Sandbox } from '../ports.ts';
import { type Level, openLevel, openStrongest, probeLevels } from './levels.ts';
import { openUnsafeLocal } from './unsafe-local.ts';

export { LEVELS, type Level, type LevelReport, probeLevels, probeStrongest } from './levels.ts';

export interface SandboxOptions {
  /** Runs commands without any isolation. Only ever on the user's own word. */
  unsafeLocal?: boolean;
  /** This level and no other; the strongest that this machine has when left out. */
  level?: Level;
}

/** What this machine offers at full level. */
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
 * The sandbox of this machine, after a real command through the whole chain has shown that it isolates; its `id` names
 * the level. Throws a DataError that says what is missing; no isolation at all is never chosen but by name.
 */
export const openSandbox = async ({ unsafeLocal = false, level }: SandboxOptions = {}): Promise<Sandbox> => {
  if (unsafeLocal) return openUnsafeLocal();
  return level === undefined ? openStrongest() : openLevel(level);
};

/** Whether this machine has the full level, without throwing. */
export const probeSandbox = async (): Promise<SandboxReport> => {
  const [report] = await probeLevels(['bubblewrap-full']);
  return { ...report!, level: report!.id === null ? 'none' : 'bubblewrap-full' };
};
