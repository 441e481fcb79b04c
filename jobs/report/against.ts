import { basename, join, resolve } from 'node:path';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { createViews } from '../../pipeline/warehouse/views.ts';
import { forRound, reportQueries } from './answers.ts';
import { requireRound } from './known-round.ts';
import type { Row } from './section.ts';

/** The same round of another data folder: what another selection made of it. */
export interface Against {
  /** Its selection policy. */
  label: string;
  /** Answers of sql/report/rounds and training_tasks there. */
  rounds: Row[];
  tasks: Row[];
}

export async function againstOf(data: string, round: number): Promise<Against> {
  const database = await Database.open({ temp_directory: join(resolve(data), 'cache', 'duckdb') });
  try {
    const warehouse = new Warehouse(join(resolve(data), 'warehouse'), database);
    await requireRound(warehouse, round, data);
    await createViews(warehouse);
    const queries = await reportQueries();
    const ask = (name: string) => database.rows(forRound(queries.get(name)!.sql, round));
    const [chosen] = await database.rows(`select min(policy) as policy from selections where round = ${round}`);
    const label = chosen?.policy ? String(chosen.policy) : basename(resolve(data));
    return { label, rounds: await ask('rounds'), tasks: await ask('training_tasks') };
  } finally {
    database.close();
  }
}

/** Tasks that both attempted after training: there, here, and the difference. */
export function sharedTasks(here: readonly Row[], there: readonly Row[]): Row[] {
  const known = new Map(there.map((task) => [task.task_id, task.repair_after as number]));
  return here.flatMap((task) => {
    const before = known.get(task.task_id);
    return before === undefined
      ? []
      : [
          {
            task_id: task.task_id,
            repair_before: before,
            repair_after: task.repair_after,
            change: task.repair_after - before,
          },
        ];
  });
}
