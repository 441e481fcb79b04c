/**
 * Do two rounds that ran every test anew come to the same? Joins the executions and the tasks of two data folders, of two
 * fresh clones for example, and shows by library what came out differently, and where the first difference lies.
 *   node tests/bench/repeats.ts <data folder> <data folder> [--examples 5]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawTable } from '../../jobs/draw-table.ts';
import { Database, quote } from '../../pipeline/warehouse/database.ts';

const { values, positionals } = parseArgs({
  options: { examples: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const [one, other] = positionals;
if (one === undefined || other === undefined) throw new Error('expected two data folders');
const line = (text: string) => process.stdout.write(`${text}\n`);
const database = await Database.open();
const parts = (folder: string, ...path: string[]): string =>
  `read_parquet(${quote(join(folder, ...path, '*.parquet'))}, union_by_name=true)`;

/** Without times, which differ and decide nothing. */
const executions = (folder: string): string => `(
  select execution_id, repository_id, kind,
    regexp_replace(result, '"(duration_ms|wall_ms)":[0-9.e+-]+,?', '', 'g') as result
  from ${parts(folder, 'cache', 'executions')})`;

await database.run(`
  create table names as select distinct repository_id, name from ${parts(one, 'warehouse', 'repositories', '**')};
  create table pairs as
    select a.execution_id, name, a.kind, a.result as one, b.result as other
    from ${executions(one)} a join ${executions(other)} b using (execution_id) join names on names.repository_id = a.repository_id`);
line('Executions that both made:');
line(
  drawTable(
    await database.rows(`
      select name as library, kind, count(*)::int as shared, count(*) filter (one <> other)::int as different
      from pairs group by rollup (name, kind) having different > 0 or name is null order by name nulls first, kind`),
  ),
);
const tasks = (folder: string): string => `select task_id from ${parts(folder, 'warehouse', 'tasks', '**')}`;
line('\nTasks:');
line(
  drawTable(
    await database.rows(`
      select (select count(*)::int from (${tasks(one)})) as one, (select count(*)::int from (${tasks(other)})) as other,
        (select count(*)::int from (${tasks(one)} intersect ${tasks(other)})) as both`),
  ),
);
const different = await database.rows('select * from pairs where one <> other order by name, execution_id');
const examples = Array.from({ length: Math.min(different.length, Number(values.examples)) }, (_, index) =>
  Math.floor((index * different.length) / Number(values.examples)),
);
for (const { name, kind, execution_id, one, other } of examples.map((at) => different[at]!)) {
  const [a, b] = [String(one), String(other)];
  let at = 0;
  while (a[at] === b[at]) at++;
  const shown = (text: string): string => text.slice(Math.max(0, at - 60), at + 60);
  line(`\n${name} ${kind} ${execution_id}\n  ${shown(a)}\n  ${shown(b)}`);
}
database.close();
