import { resolve } from 'node:path';
import * as z from 'zod';
import { common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { openWarehouse } from './engine.ts';
import { againstOf } from './report/against.ts';
import { reportFile, writeReport } from './report/write.ts';

export default defineCommand({
  summary: 'write the report of a round: one HTML file that needs no network',
  positionals: ['n'],
  options: z.object({
    n: z.coerce
      .number({ error: 'expected a round' })
      .int('expected a round')
      .min(0, 'expected a round')
      .describe('round'),
    out: z.string().optional().describe('file to write (default data/reports/round-N.html)'),
    against: z.string().optional().describe('data folder of the same rounds with another selection, to compare with'),
    ...common,
  }),
  async run({ n, out, against, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const warehouse = await openWarehouse(settings);
    try {
      const file = out ?? reportFile(resolve(settings.data), n);
      const other = against === undefined ? undefined : await againstOf(against, n);
      const bytes = await writeReport(warehouse, n, file, other);
      effects.log(`${(bytes / 1024).toFixed(0)} KB`);
      effects.print(file);
    } finally {
      warehouse.database.close();
    }
  },
});
