import { DataError } from '../errors.ts';
import type { Sandbox } from '../ports.ts';
import { openContainers } from './container/container.ts';
import { openLandlock } from './landlock/landlock.ts';
import { openBubblewrap } from './probe.ts';

/** Strongest first. Each has a README that says what it does not cover. */
export const LEVELS = ['bubblewrap-full', 'bubblewrap-bound-proc', 'container', 'landlock'] as const;
export type Level = (typeof LEVELS)[number];

/** Those that the runners are shown to give the same results on; the others are used by name alone. */
export const AUTOMATIC: readonly Level[] = ['bubblewrap-full', 'bubblewrap-bound-proc'];

const OPEN: Record<Level, () => Promise<Sandbox>> = {
  'bubblewrap-full': () => openBubblewrap('fresh'),
  'bubblewrap-bound-proc': () => openBubblewrap('bound'),
  container: openContainers,
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

/** A level that was tried, and its sandbox when this machine has it. */
interface Trial {
  report: LevelReport;
  sandbox: Sandbox | null;
}

const tryLevel = async (level: Level): Promise<Trial> => {
  try {
    const sandbox = await openLevel(level);
    return { report: { level, id: sandbox.id, missing: null, fix: null }, sandbox };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const [missing, fix = null] = error.message.split('\n  fix: ');
    return { report: { level, id: null, missing: missing!, fix }, sandbox: null };
  }
};

/** The automatic ones, strongest first, up to the first that this machine has. */
const climbDown = async (): Promise<Trial[]> => {
  const trials: Trial[] = [];
  for (const level of AUTOMATIC) {
    trials.push(await tryLevel(level));
    if (trials.at(-1)!.sandbox !== null) break;
  }
  return trials;
};

/** Tries some levels of this machine, without throwing. */
export const probeLevels = async (levels: readonly Level[]): Promise<LevelReport[]> => {
  const reports: LevelReport[] = [];
  for (const level of levels) reports.push((await tryLevel(level)).report);
  return reports;
};

/** The strongest sandbox of this machine. Throws a DataError that says what each level lacks. */
export const openStrongest = async (): Promise<Sandbox> => {
  const trials = await climbDown();
  const sandbox = trials.at(-1)!.sandbox;
  if (sandbox !== null) return sandbox;
  const lacks = trials.map(({ report }) => `${report.level}: ${report.missing?.split('\n').at(-1)?.trim()}`);
  throw DataError.of({
    where: 'sandbox',
    expected: `one of the levels ${AUTOMATIC.join(', ')}`,
    found: lacks.join('; '),
    fix: `${trials[0]!.report.fix}; or set sandbox to container or landlock, which their READMEs describe; or set unsafe_local to run repository code without any isolation`,
  });
};
