import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { stagesOf } from '../pipeline/round.ts';
import { explainDifference, ingredientsOf, stateOf } from '../pipeline/runner.ts';
import { systemClock } from './clock.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { type Engine, openEngine } from './engine.ts';
import { roundNumber } from './round.ts';
import { paramsOf, type Settings } from './settings.ts';

interface PlanRow {
  round: number;
  stage: string;
  state: string;
  reason: string;
}

export default defineCommand({
  summary: 'what a round would run, and why; runs nothing',
  positionals: ['n'],
  options: z.object({ n: roundNumber.describe('round'), ...asJson, ...common }),
  async run({ n, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const engine = await openEngine(settings, effects);
    try {
      const rounds = n === 1 ? [0, 1] : [n];
      const rows: PlanRow[] = [];
      for (const round of rounds) rows.push(...(await planRound(engine, round, settings)));
      effects.print(json ? JSON.stringify(rows) : drawTable(rows));
    } finally {
      await engine.close();
    }
  },
});

/** States in order of stages. Once one must run, those after it wait for what it will write. */
async function planRound(engine: Engine, round: number, settings: Settings): Promise<PlanRow[]> {
  const rows: PlanRow[] = [];
  for (const stage of stagesOf(round)) {
    const options = {
      store: engine.warehouse,
      round,
      seed: settings.seed,
      params: paramsOf(settings, stage.name, round),
      ports: engine.ports,
      progress: () => {},
      clock: systemClock,
    };
    try {
      const state = await stateOf(stage, options);
      const recorded = await engine.warehouse.manifest(round, stage.name);
      const reason =
        state === 'stale'
          ? (explainDifference(recorded!.ingredients, await ingredientsOf(stage, options))[0] ?? '')
          : state === 'damaged'
            ? 'a part is missing or changed'
            : '';
      rows.push({
        round,
        stage: stage.name,
        state: state === 'fresh' ? 'fresh' : 'would run',
        reason: state === 'missing' ? 'has not run' : reason,
      });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      rows.push({ round, stage: stage.name, state: 'would run', reason: 'waits for an earlier stage' });
    }
  }
  return rows;
}
