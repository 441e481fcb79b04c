import { Skills } from '../../schemas/skills.ts';
import { quote } from '../warehouse/database.ts';
import type { Warehouse } from '../warehouse/store.ts';
import { createViews } from '../warehouse/views.ts';
import type { Bundle } from './bundle.ts';
import type { CuratedTask } from './curated.ts';
import { addParquet, type Rows, type Type } from './rows.ts';

/** Where the trusted table of an export lies: apart from the rows that a prompt could be made of. */
export const provenancePath = 'provenance/provenance.parquet';

const columns = {
  round: 'int64',
  task_id: 'string',
  trace_id: 'string',
  step_id: 'int64',
  repository: 'string',
  repository_version: 'string',
  licence: 'string',
  skill_id: 'string',
  skill_name: 'string',
  skill_kind: 'string',
  skill_lift: 'float64',
  selection_rank: 'int64',
  selection_policy: 'string',
  selection_reason: 'string',
  cosine: 'float64',
  pass_rate: 'float64',
  is_valid: 'bool',
  harness_id: 'string',
  trace_round: 'int64',
  step_message: 'string',
} as const satisfies Record<string, Type>;

/**
 * Where each exported task came from: its skill, why it was chosen, and every trace step that asked for it. The rows of
 * the mart task_lineage, kept with the export for those who have no warehouse.
 */
export async function provenanceOf(store: Warehouse, round: number, tasks: readonly CuratedTask[]): Promise<Rows> {
  await createViews(store);
  const ids = tasks.map(({ task }) => quote(task.task_id)).join(', ');
  const rows = await store.database.rows(
    `select ${Object.keys(columns).join(', ')} from task_lineage where round = ${round} and task_id in (${ids || 'null'})
     order by task_id, trace_id, step_id`,
  );
  return { columns, rows };
}

export async function addProvenance(
  bundle: Bundle,
  store: Warehouse,
  round: number,
  tasks: readonly CuratedTask[],
): Promise<void> {
  await addParquet(bundle, store.database, provenancePath, await provenanceOf(store, round, tasks));
}

const skillColumns = {
  ...{ skill_id: 'string', name: 'string', description: 'string', applicability: 'string' },
  ...{ operations: { list: 'string' }, kind: 'string', operator: 'string', context: 'string', qualifier: 'string' },
  ...{ failure_mode: 'string', evidence_trace_ids: { list: 'string' }, evidence_steps: { list: 'string' } },
  ...{ support: 'int64', attempt_count: 'int64', failure_rate: 'float64', lift: 'float64', lift_low: 'float64' },
  ...{ lift_high: 'float64', coverage: 'float64', lineage: 'string', merged_into: 'string', first_round: 'int64' },
  author: 'string',
} as const satisfies Record<string, Type>;

/** The skill cards of a round. */
export async function skillsOf(store: Warehouse, round: number): Promise<Rows> {
  const rows = await store.read(Skills, round);
  const names = Object.keys(skillColumns) as (keyof typeof skillColumns)[];
  return {
    columns: skillColumns,
    rows: rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name]]))),
  };
}
