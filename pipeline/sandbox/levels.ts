import { DataError } from '../errors.ts';
import type { Sandbox } from '../ports.ts';
import { openLandlock } from './landlock/landlock.ts';
import { openBubblewrap } from './probe.ts';

/** Strongest first. Each has a README that says what it does not cover. */
export const LEVELS = ['bubblewrap-full', 'bubblewrap-bound-proc', 'landlock'] as const;
export type Level = (typeof LEVELS)[number];

const OPEN: Record<Level, () => Promise<Sandbox>> = {
  'bubblewrap-full': () => openBubblewrap('fresh'),
  'bubblewrap-bound-proc': () => openBubblewrap('bound'),
  landlock: openLandlock,
};

/** What a level came to on this machine. */
export interface LevelReport {
  level: Level;
  /** Null when this machine does not have the level. */
  id: string | null;
  /** What it lacks; null when it has it. */
  missing: string | null;
  /** How to mend that; null when there is nothing to mend. */
  fix: string | null;
}

/** The sandbox at one level. Throws a DataError that says what this machine lacks. */
export const openLevel = (level: Level): Promise<Sandbox> => OPEN[level]();

/** Tries one level, without throwing. */
export const probeLevel = async (level: Level): Promise<LevelReport> => {
  try {
    const { id } = await openLevel(level);
    return { level, id, missing: null, fix: null };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const [missing, fix = null] = error.message.split('\n  fix: ');
    return { level, id: null, missing: missing!, fix };
  }
};

/** Tries every level of this machine, strongest first. */
export const probeLevels = async (): Promise<LevelReport[]> => {
  const reports: LevelReport[] = [];
  for (const level of LEVELS) reports.push(await probeLevel(level));
  return reports;
};

/** The strongest sandbox of this machine. Throws a DataError that says what each level lacks. */
export const openStrongest = async (): Promise<Sandbox> => {
  const lacks: LevelReport[] = [];
  for (const level of LEVELS) {
    const report = await probeLevel(level);
    if (report.id !== null) return openLevel(level);
    lacks.push(report);
  }
  throw DataError.of({
    where: 'sandbox',
    expected: `one of the levels ${LEVELS.join(', ')}`,
    found: lacks.map(({ level, missing }) => `${level}: ${missing?.split('\n').at(-1)?.trim()}`).join('; '),
    fix: `${lacks[0]?.fix}; or set unsafe_local to run repository code without any isolation`,
  });
};
