import { contentId, sha256 } from '../pipeline/hash.ts';
import { fingerprintOf, type Ingredients } from '../pipeline/stage.ts';
import type { Warehouse } from '../pipeline/warehouse/store.ts';
import { Exports } from '../schemas/exports.ts';
import { createTableSql } from '../schemas/table.ts';

export interface Handed {
  round: number;
  kind: string;
  profile: string;
  digest: string;
  task_ids: readonly string[];
}

export const exportId = ({ round, kind, profile, digest }: Omit<Handed, 'task_ids'>): string =>
  contentId('export', { round, kind, profile, digest });

/** Remembers which tasks left in an export, as a stage of its own: the same export again changes nothing. */
export async function recordExport(store: Warehouse, { task_ids, ...handed }: Handed): Promise<void> {
  const { round, kind, profile, digest } = handed;
  const export_id = exportId(handed);
  const ingredients: Ingredients = {
    stage: export_id.replace('_', '-'),
    version: 1,
    params: { kind, profile },
    seed: '',
    ports: {},
    schemas: { exports: sha256(createTableSql(Exports)).slice(0, 12) },
    inputs: { files: digest },
  };
  const rows = task_ids.map((task_id) => ({ export_id, task_id, kind, profile, digest }));
  await store.commit({ fingerprint: fingerprintOf(ingredients), ingredients, round, dropped: {}, wall_ms: 0 }, [
    { table: Exports, rows },
  ]);
}
