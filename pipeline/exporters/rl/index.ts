import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RepositorySnapshot } from '../../ports.ts';
import type { Warehouse } from '../../warehouse/store.ts';
import type { Bundle } from '../bundle.ts';
import type { CuratedTask } from '../curated.ts';
import { addParquet, jsonLines } from '../rows.ts';
import { splitOf, swebenchRow } from '../swebench-row.ts';
import { type ProfileName, profiles } from './profiles.ts';
import { rolloutsOf } from './rollouts.ts';

export interface RlOptions {
  round: number;
  profile: ProfileName;
  snapshotOf(repository_id: string): RepositorySnapshot;
}

/** Rows of one trainer, the attempts the round has at them, and a reward function to begin with. */
export async function exportRl(
  bundle: Bundle,
  store: Warehouse,
  tasks: readonly CuratedTask[],
  { round, profile, snapshotOf }: RlOptions,
): Promise<{ rollouts: number }> {
  const { kind, rows } = profiles[profile];
  const made = rows(tasks.map((curated) => swebenchRow(curated, snapshotOf(curated.task.repository_id), round)));
  const path = `${splitOf(round)}.${kind}`;
  if (kind === 'parquet') await addParquet(bundle, store.database, path, made);
  else await bundle.add({ path, content: jsonLines(made.rows) });
  const rollouts = await rolloutsOf(store, round, tasks);
  if (rollouts.rows.length > 0) await addParquet(bundle, store.database, 'rollouts.parquet', rollouts);
  await bundle.add({ path: 'reward.py', content: readFileSync(join(import.meta.dirname, 'reward.py')) });
  return { rollouts: rollouts.rows.length };
}
