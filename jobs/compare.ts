import { join, resolve } from 'node:path';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { SELECTION_POLICIES } from '../pipeline/selection/policies.ts';
import { Selections } from '../schemas/scores.ts';
import { layOutArm } from './arm.ts';
import { common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { openEngine, openWarehouse } from './engine.ts';
import { takeLock } from './lock.ts';
import { againstOf } from './report/against.ts';
import { reportFile, writeReport } from './report/write.ts';
import { roundNumber, runRound } from './round.ts';
import type { Settings } from './settings.ts';

const policies = Object.keys(SELECTION_POLICIES) as [string, ...string[]];

export default defineCommand({
  summary: 'train a round again on what another policy selects, and report the round against it',
  positionals: ['n'],
  options: z.object({
    n: roundNumber.describe('round that has been run'),
    policy: z.enum(policies).default('random').describe('selection policy of the other arm'),
    ...common,
  }),
  async run({ n, policy, config, set }, effects) {
    const load = (flags: string[]) => loadSettings({ files: config, environment: effects.environment, flags });
    const here = load(set);
    const data = join(here.data, 'arms', policy);
    const there = load([...set, `data=${data}`, `select.policy=${policy}`]);
    // the arm shares executions and environments, so one job at a time holds for both
    const release = takeLock(resolve(here.data, 'warehouse', '.lock'));
    try {
      await requireOther(here, n, policy);
      await layOutArm(here.data, data, n);
      await runArm(there, n, effects);
      effects.print(await compared(here, data, n));
    } finally {
      release();
    }
  },
});

/** The round must have selected, and by another policy. */
async function requireOther(settings: Settings, n: number, policy: string): Promise<void> {
  const warehouse = await openWarehouse(settings);
  const chosen = await warehouse.read(Selections, n).finally(() => warehouse.database.close());
  if (chosen.length > 0 && chosen[0]!.policy !== policy) return;
  throw DataError.of({
    where: `round ${n}`,
    expected: `a selection, by another policy than ${policy}`,
    found: chosen.length === 0 ? 'none' : `one by ${policy}`,
    fix: chosen.length === 0 ? `run make round N=${n} first` : 'compare with another --policy',
  });
}

async function runArm(settings: Settings, n: number, effects: Effects): Promise<void> {
  const engine = await openEngine(settings, effects);
  try {
    await runRound(engine, n, settings, effects);
  } finally {
    await engine.close();
  }
}

async function compared(settings: Settings, other: string, n: number): Promise<string> {
  const warehouse = await openWarehouse(settings);
  try {
    const file = reportFile(resolve(settings.data), n);
    await writeReport(warehouse, n, file, await againstOf(other, n));
    return file;
  } finally {
    warehouse.database.close();
  }
}
