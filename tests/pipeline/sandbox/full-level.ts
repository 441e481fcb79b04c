import { type LevelReport, probeLevels } from '../../../pipeline/sandbox/index.ts';

/** Whether this machine has the full level, and what it lacks. */
export const fullLevel = async (): Promise<LevelReport> => (await probeLevels(['bubblewrap-full']))[0]!;
