import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { stagesOf } from '../pipeline/round.ts';
import { runStage } from '../pipeline/runner.ts';
import { runChecks } from './check.ts';
import { systemClock } from './clock.ts';
import { common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { type Engine, openEngine, openWarehouse } from './engine.ts';
import { progressBar } from './progress.ts';
import { paramsOf, type Settings } from './settings.ts';
import { summary } from './summary.ts';

export const roundNumber = z.coerce
  .number({ error: 'expected a whole number from 1 up' })
  .int('expected a whole number from 1 up')
  .min(1, 'rounds start at 1; round 0 is the bootstrap and runs by itself');

export default defineCommand({
  summary: 'run a round end to end',
  positionals: ['n'],
  options: z.object({
    n: roundNumber.describe('round to run; round 1 prepares the seeds first'),
    workers: z.string().optional().describe('test runs at a time (default 2)'),
    ...common,
  }),
  async run({ n, config, set, workers }, effects) {
    const flags = workers === undefined ? set : [...set, `workers=${workers}`];
    const settings = loadSettings({ files: config, environment: effects.environment, flags });
    await requireRoundBefore(settings, n);
    const engine = await openEngine(settings, effects);
    try {
      if (n === 1) await runRound(engine, 0, settings, effects);
      await runRound(engine, n, settings, effects);
      const wrong = await runChecks(engine.warehouse, effects);
      effects.print(await summary(engine.warehouse, n));
      const { endReport } = await import('./report/write.ts');
      effects.print(await endReport(engine.warehouse, n, settings.data));
      return wrong > 0 ? 1 : 0;
    } finally {
      await engine.close();
    }
  },
});

/** Looked at first: nothing is fetched for a round that cannot run. */
async function requireRoundBefore(settings: Settings, n: number): Promise<void> {
  if (n === 1) return;
  const warehouse = await openWarehouse(settings);
  const finished = new Set((await warehouse.manifests(n - 1)).map((m) => m.ingredients.stage));
  warehouse.database.close();
  const missing = stagesOf(n - 1).find((stage) => !finished.has(stage.name));
  if (!missing) return;
  throw DataError.of({
    where: `round ${n}`,
    expected: `round ${n - 1} finished`,
    found: `its stage ${missing.name} has not run`,
    fix: `run make round N=${n - 1} first`,
  });
}

/** Runs the stages of one round in order; a stage whose recorded output is still right does not run. */
export async function runRound(engine: Engine, round: number, settings: Settings, effects: Effects): Promise<void> {
  for (const stage of stagesOf(round)) {
    const bar = progressBar(effects, stage.name);
    const started = performance.now();
    const { status, manifest } = await runStage(stage, {
      store: engine.warehouse,
      round,
      seed: settings.seed,
      params: paramsOf(settings, stage.name, round),
      ports: engine.ports,
      progress: bar.update,
      clock: systemClock,
      beforeCommit: () => engine.cache.flush(),
    });
    bar.end();
    const rows = Object.entries(manifest.outputs)
      .filter(([name]) => name !== 'ledger')
      .map(([name, output]) => `${name} ${output.rows}`)
      .join(', ');
    const dropped = Object.entries(manifest.dropped)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ');
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    effects.log(
      `round ${round} ${stage.name.padEnd(10)} ${status === 'fresh' ? 'fresh' : `${seconds}s`}  ${rows}${dropped ? `  (dropped: ${dropped})` : ''}`,
    );
  }
}
