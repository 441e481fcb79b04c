import { asNumber, asObject, asText, isObject, type Json } from '../draft.ts';
import { folderOf } from '../reading/entries.ts';
import { type OutcomeRecord, ranks } from './outcome.ts';

/** A row of a table of verdicts: names a trace file, or a task, and says whether it was resolved; carries no steps. */
export const isVerdictRow = (value: unknown): boolean =>
  isObject(value) &&
  ('resolved' in value || 'kind' in value) &&
  (typeof value.file === 'string' ||
    typeof value.path === 'string' ||
    (typeof value.instance_id === 'string' && !('model_patch' in value))) &&
  ![
    'messages',
    'trajectory',
    'history',
    'traj',
    'patch_exists',
    'tests_status',
    'all_results',
    'uuid',
    'edit_outcome',
    'payload',
  ].some((key) => key in value);

/** Verdict of a row; null for rows that say nothing. */
export function outcomeOfRow(value: Json, uri: string, record: number): OutcomeRecord | null {
  const row = asObject(value);
  const resolved = row.resolved;
  if (typeof resolved !== 'boolean') return null;
  const file = asText(row.file) ?? asText(row.path);
  return {
    uri,
    record,
    folder: folderOf(uri),
    scope: 'task',
    file,
    task_id: asText(row.instance_id) ?? asText(row.task_id),
    run_id: asText(row.run_id),
    source: 'verdict_table',
    rank: ranks.table,
    outcome: resolved ? 'resolved' : 'unresolved',
    reward: asNumber(row.reward),
  };
}
