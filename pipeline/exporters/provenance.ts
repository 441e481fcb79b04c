import { quote } from '../warehouse/database.ts';
import type { Warehouse } from '../warehouse/store.ts';
import { createViews } from '../warehouse/views.ts';
import type { Bundle } from './bundle.ts';
import type { CuratedTask } from './curated.ts';

/** Where the trusted table of an export lies: apart from the rows that a prompt could be made of. */
export const provenancePath = 'provenance/provenance.parquet';

/**
 * Where each exported task came from: its skill, why it was chosen, and every trace step that asked for it. The same
 * rows as the mart task_lineage of the warehouse, kept with the export for those who have no warehouse.
 */
export async function addProvenance(
  bundle: Bundle,
  store: Warehouse,
  round: number,
  tasks: readonly CuratedTask[],
): Promise<void> {
  await createViews(store);
  const ids = tasks.map(({ task }) => quote(task.task_id)).join(', ');
  await bundle.make(provenancePath, (file) =>
    store.database.run(
      `copy (select * from task_lineage where round = ${round} and task_id in (${ids}) order by task_id, trace_id, step_id)
       to ${quote(file)} (format parquet, compression zstd)`,
    ),
  );
}
