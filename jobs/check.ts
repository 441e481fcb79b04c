import * as z from 'zod';
import type { Warehouse } from '../pipeline/warehouse/store.ts';
import { createViews, sqlFiles } from '../pipeline/warehouse/views.ts';
import { common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';
import { checkGold } from './gold.ts';
import { anyRound } from './regrade.ts';

export default defineCommand({
  summary: 'run the checks of sql/checks: each must return no row; --gold judges the tasks of a round anew',
  options: z.object({
    gold: z.boolean().default(false).describe('judge every valid task again in fresh processes, sweep by sweep'),
    round: anyRound.default(1).describe('with --gold: the round (default 1)'),
    sweeps: z.coerce.number().int().min(1).default(3).describe('with --gold: full sweeps (default 3)'),
    series: z.coerce.number().int().min(1).default(1).describe('with --gold: another number runs everything anew'),
    limit: z.coerce.number().int().min(1).default(100_000).describe('with --gold: most tasks'),
    ...common,
  }),
  async run({ config, set, gold, ...options }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    if (gold) return (await checkGold(settings, options, effects)) > 0 ? 1 : 0;
    const warehouse = await openWarehouse(settings);
    const wrong = await runChecks(warehouse, effects);
    warehouse.database.close();
    effects.print(wrong === 0 ? 'every check is clean' : `${wrong} checks found wrong rows`);
    return wrong > 0 ? 1 : 0;
  },
});

/** Number of checks that found wrong rows; each is printed with its first rows. */
export async function runChecks(warehouse: Warehouse, { log }: Effects): Promise<number> {
  await createViews(warehouse);
  let wrong = 0;
  for (const check of await sqlFiles('checks')) {
    const rows = await warehouse.database.rows(check.sql);
    if (rows.length === 0) continue;
    wrong++;
    log(`check ${check.name}: ${rows.length} wrong rows (${check.header.purpose})\n${drawTable(rows.slice(0, 5))}`);
  }
  return wrong;
}
