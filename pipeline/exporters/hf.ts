import { stat } from 'node:fs/promises';
import type { RepositorySnapshot } from '../ports.ts';
import type { Warehouse } from '../warehouse/store.ts';
import type { Bundle } from './bundle.ts';
import { type Config, card } from './card.ts';
import { croissant } from './croissant.ts';
import type { CuratedTask } from './curated.ts';
import { provenanceOf, skillsOf } from './provenance.ts';
import { addParquet, jsonLines, type Rows } from './rows.ts';
import { rowColumns, splitOf, swebenchRow } from './swebench-row.ts';
import { yaml } from './yaml.ts';

export interface HubOptions {
  round: number;
  /** `org/name` of the dataset. */
  name: string;
  snapshotOf(repository_id: string): RepositorySnapshot;
}

/** Most rows of one file, and of one row group: the Hub's viewer reads a row group whole. */
const rowsPerShard = 2000;
const rowsPerGroup = 200;

/** A dataset repository: rows for solvers in one configuration, provenance and skills in trusted ones of their own. */
export async function exportHub(
  bundle: Bundle,
  store: Warehouse,
  tasks: readonly CuratedTask[],
  options: HubOptions,
): Promise<void> {
  const { round, snapshotOf } = options;
  const rows = tasks.map((curated) => swebenchRow(curated, snapshotOf(curated.task.repository_id), round));
  const configs = [
    await addConfig(bundle, store, 'tasks', 'data', splitOf(round), { columns: rowColumns, rows }),
    await addConfig(bundle, store, 'provenance', 'provenance', splitOf(round), await provenanceOf(store, round, tasks)),
    await addConfig(bundle, store, 'skills', 'skills', splitOf(round), await skillsOf(store, round)),
  ];
  const languages = [...new Set(tasks.map(({ task }) => task.language))].sort();
  await bundle.add({ path: 'README.md', content: card({ ...options, configs, languages }) });
  await bundle.add({ path: 'croissant.json', content: croissant(options, configs, bundle.filesBelow('')) });
  await bundle.add({ path: 'eval.yaml', content: evalCard(options) });
}

async function addConfig(
  bundle: Bundle,
  { database }: Warehouse,
  name: string,
  folder: string,
  split: string,
  { columns, rows }: Rows,
): Promise<Config> {
  const count = Math.max(1, Math.ceil(rows.length / rowsPerShard));
  const number = (value: number) => String(value).padStart(5, '0');
  const paths = Array.from({ length: count }, (_, i) => `${folder}/${split}-${number(i)}-of-${number(count)}.parquet`);
  let download_size = 0;
  for (const [index, path] of paths.entries()) {
    const shard = rows.slice(index * rowsPerShard, (index + 1) * rowsPerShard);
    await addParquet(bundle, database, path, { columns, rows: shard }, rowsPerGroup);
    download_size += (await stat(bundle.place(path))).size;
  }
  const dataset_size = Buffer.byteLength(jsonLines(rows));
  return { name, split, columns, paths, row_count: rows.length, download_size, dataset_size };
}

/** What a leaderboard needs to know to run it. */
const evalCard = ({ name, round }: HubOptions): string =>
  yaml({
    name: `${name} round ${round}`,
    description: 'Repair a library so that its failing tests pass and the others still do.',
    evaluation_framework: 'swe-bench',
    tasks: [{ id: `repair_${splitOf(round)}`, config: 'tasks', split: splitOf(round) }],
  });
