import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../warehouse/database.ts';
import { checkColumns, partsOf } from '../warehouse/parquet.ts';
import { Executions } from './cache.ts';

/** Views over what a harness stored, beside those of the tables. */
export const storedViews: readonly { name: string; about: string }[] = [
  { name: 'executions', about: Executions.doc },
  { name: 'verdict_evidence', about: 'The executions that each verdict rests on, in the order they were asked for.' },
];

const evidence = `with ran as (
    select round, task_id, gate_index, gate, reason_code,
      from_json(evidence -> '$.executions', '["VARCHAR"]') as execution_ids
    from verdicts
  ), each_run as (
    select * exclude (execution_ids), unnest(execution_ids) as execution_id,
      generate_subscripts(execution_ids, 1)::integer as run_index
    from ran
  )
  select round, task_id, gate_index, gate, reason_code, run_index, execution_id, repository_id, outcome, result
  from each_run left join executions using (execution_id)
  order by round, task_id, gate_index, run_index`;

/** Makes the views. One that nothing stored yet has no row; an execution that two processes stored is one row. */
export async function createStoredViews(database: Database, folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const parts = names.filter((name) => name.endsWith('.parquet')).sort();
  const files = parts.map((name) => join(folder, name));
  if (files.length > 0) await checkColumns(database, Executions, partsOf(files), files);
  const nothing = `(select '' as execution_id, '' as repository_id, '' as kind, '{}' as result where false)`;
  await database.run(
    `create or replace view executions as
     select distinct on (execution_id) execution_id, repository_id, kind, result ->> '$.outcome' as outcome, result
     from ${files.length > 0 ? partsOf(files) : nothing} order by execution_id`,
  );
  await database.run(`create or replace view verdict_evidence as ${evidence}`);
}
