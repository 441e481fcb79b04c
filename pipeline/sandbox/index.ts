import type { Sandbox } from '../ports.ts';
import { type Level, openLevel, openStrongest } from './levels.ts';
import { openUnsafeLocal } from './unsafe-local.ts';

export { AUTOMATIC, LEVELS, type Level, type LevelReport, probeLevels } from './levels.ts';

export interface SandboxOptions {
  /** Runs commands without any isolation. Only ever on the user's own word. */
  unsafeLocal?: boolean;
  /** This level and no other; the strongest that this machine has when left out. */
  level?: Level;
}

/**
 * The sandbox of this machine, after a real command through the whole chain has shown that it isolates; its `id` names
 * the level. Throws a DataError that says what is missing; no isolation at all is never chosen but by name.
 */
export const openSandbox = async ({ unsafeLocal = false, level }: SandboxOptions = {}): Promise<Sandbox> => {
  if (unsafeLocal) return openUnsafeLocal();
  return level === undefined ? openStrongest() : openLevel(level);
};
