import * as z from 'zod';
import { stagesOf } from '../pipeline/round.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';

export default defineCommand({
  summary: 'which stages of which rounds are finished',
  options: z.object({ ...asJson, ...common }),
  async run({ json, config, set }, effects) {
    const warehouse = await openWarehouse(
      loadSettings({ files: config, environment: effects.environment, flags: set }),
    );
    const rows = [];
    for (const round of await warehouse.rounds()) {
      const finished = new Map((await warehouse.manifests(round)).map((m) => [m.ingredients.stage, m]));
      for (const { name } of stagesOf(round)) {
        const manifest = finished.get(name);
        const counts = Object.entries(manifest?.outputs ?? {})
          .filter(([table]) => table !== 'ledger')
          .map(([table, output]) => `${table} ${output.rows}`)
          .join(', ');
        rows.push({
          round,
          stage: name,
          state: manifest ? 'finished' : 'not run',
          seconds: manifest ? manifest.wall_ms / 1000 : null,
          rows: counts,
        });
      }
    }
    warehouse.database.close();
    effects.print(
      json ? JSON.stringify(rows) : rows.length > 0 ? drawTable(rows) : 'no round has been run: make round N=1',
    );
  },
});
