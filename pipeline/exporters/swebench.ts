import type { RepositorySnapshot } from '../ports.ts';
import type { Database } from '../warehouse/database.ts';
import type { Bundle, BundleFile } from './bundle.ts';
import type { CuratedTask } from './curated.ts';
import { imageOf, type Toolchain } from './image.ts';
import { addParquet, jsonLines } from './rows.ts';
import { rowColumns, type SwebenchRow, smithColumns, smithRow, splitOf, swebenchRow } from './swebench-row.ts';
import { yaml } from './yaml.ts';

export interface SwebenchOptions {
  round: number;
  /** `org/name` of the dataset. */
  name: string;
  toolchain: Toolchain;
  snapshotOf(repository_id: string): RepositorySnapshot;
}

/** Columns of `task.yaml`; the others are files of their own. */
const described = [
  ...['instance_id', 'repo', 'version', 'base_commit', 'environment_setup_commit', 'split', 'image', 'image_name'],
  ...['docker_image', 'log_parser', 'eval_type', 'test_cmd', 'language', 'workdir', 'difficulty', 'round', 'task_id'],
  ...['task_digest', 'created_at'],
] as (keyof SwebenchRow)[];

/** A task repository of version 5, the same tasks as rows, and the predictions that solve them. */
export async function exportSwebench(
  bundle: Bundle,
  database: Database,
  tasks: readonly CuratedTask[],
  options: SwebenchOptions,
): Promise<void> {
  const { round, name } = options;
  await bundle.add({ path: 'sweb.yaml', content: yaml({ datasets: [name], splits: [splitOf(round)] }) });
  const rows: SwebenchRow[] = [];
  for (const curated of tasks) {
    const row = swebenchRow(curated, options.snapshotOf(curated.task.repository_id), round);
    rows.push(row);
    for (const file of taskFiles(curated, row, options))
      await bundle.add({ ...file, path: `tasks/${row.instance_id}/${file.path}` });
  }
  await addParquet(bundle, database, `data/${splitOf(round)}.parquet`, { columns: rowColumns, rows });
  await bundle.add({ path: `data/${splitOf(round)}.jsonl`, content: jsonLines(rows) });
  const gold = rows.map(({ instance_id, patch }) => ({ instance_id, model_name_or_path: 'gold', model_patch: patch }));
  await bundle.add({ path: 'predictions/gold.jsonl', content: jsonLines(gold) });
}

/** Files of one task; paths relative to its folder, which is also the build context of its image. */
export function taskFiles(curated: CuratedTask, row: SwebenchRow, options: SwebenchOptions): BundleFile[] {
  const snapshot = options.snapshotOf(curated.task.repository_id);
  const about = Object.fromEntries(described.map((column) => [column, row[column]]));
  const tests = { FAIL_TO_PASS: JSON.parse(row.FAIL_TO_PASS), PASS_TO_PASS: JSON.parse(row.PASS_TO_PASS) };
  return [
    { path: 'task.yaml', content: yaml({ ...about, datasets: [options.name] }) },
    { path: 'tests.json', content: `${JSON.stringify(tests, null, 2)}\n` },
    { path: 'problem_statement.md', content: row.problem_statement },
    { path: 'gold.patch', content: row.patch },
    { path: 'test.patch', content: row.test_patch },
    { path: 'eval.sh', content: row.eval_script, is_executable: true },
    ...imageOf(curated, snapshot, { toolchain: options.toolchain, has_agent_user: false }).files,
  ];
}

/** Rows alone, as SWE-smith writes them. */
export async function exportSmith(
  bundle: Bundle,
  database: Database,
  tasks: readonly CuratedTask[],
  { round, snapshotOf }: SwebenchOptions,
): Promise<void> {
  const rows = tasks.map((curated) => smithRow(curated, snapshotOf(curated.task.repository_id)));
  await addParquet(bundle, database, `data/${splitOf(round)}.parquet`, { columns: smithColumns, rows });
  await bundle.add({ path: `data/${splitOf(round)}.jsonl`, content: jsonLines(rows) });
}
