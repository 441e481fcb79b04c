import { asList, asText, isObject, type JsonObject } from '../draft.ts';
import { folderOf } from '../reading/entries.ts';
import { type OutcomeRecord, ranks } from './outcome.ts';

const ids = (value: unknown): string[] => asList(value).filter((item): item is string => typeof item === 'string');

const newKeys = ['completed_ids', 'unresolved_ids', 'submitted_ids', 'empty_patch_ids', 'error_ids'];
const oldKeys = ['generated', 'with_logs', 'applied', 'no_apply', 'stats', 'resolved_per_project'];

/**
 * Reports on a whole run. New ones (`*_ids`) say of each instance what became of it; one they do not list is unknown.
 * Old ones list what was resolved out of everything that was run; the rest is unresolved.
 */
export function outcomesOfFinalReport(value: unknown, uri: string): OutcomeRecord[] | null {
  if (!isObject(value)) return null;
  const resolved = Array.isArray(value.resolved_ids)
    ? ids(value.resolved_ids)
    : Array.isArray(value.resolved)
      ? ids(value.resolved)
      : null;
  if (resolved === null) return null;
  if (newKeys.some((key) => Array.isArray(value[key]))) return readNew(value, resolved, uri);
  return oldKeys.some((key) => key in value) ? readOld(value, resolved, uri) : null;
}

function readNew(report: JsonObject, resolved: readonly string[], uri: string): OutcomeRecord[] {
  const verdicts = new Map<
    string,
    Pick<OutcomeRecord, 'outcome' | 'failure_mode' | 'is_infra_failure' | 'is_patch_applied'>
  >();
  const set = (
    list: unknown,
    verdict: Pick<OutcomeRecord, 'outcome' | 'failure_mode' | 'is_infra_failure' | 'is_patch_applied'>,
  ) => {
    for (const id of ids(list)) verdicts.set(id, verdict);
  };
  set(report.incomplete_ids, { outcome: 'unknown', failure_mode: 'incomplete' });
  set(report.unresolved_ids, { outcome: 'unresolved' });
  set(report.empty_patch_ids, { outcome: 'unresolved', failure_mode: 'empty_patch' });
  set(report.error_ids, { outcome: 'unresolved', failure_mode: 'evaluation_error' });
  set(report.ambiguous_ids, { outcome: 'unknown', failure_mode: 'ambiguous' });
  set(report.infra_failure_ids, { outcome: 'unknown', failure_mode: 'infra_failure', is_infra_failure: true });
  set(resolved, { outcome: 'resolved' });
  return [...verdicts].map(([task_id, verdict], record) => ({
    uri,
    record,
    task_id,
    folder: folderOf(uri),
    scope: 'task',
    source: 'final_report',
    rank: ranks.final_report,
    run_id: asText(report.run_id),
    ...verdict,
  }));
}

function readOld(report: JsonObject, resolved: readonly string[], uri: string): OutcomeRecord[] {
  const base = { uri, folder: folderOf(uri), source: 'final_report' };
  const won = new Set(resolved);
  const failures: Record<string, string> = {
    no_generation: 'empty_patch',
    install_fail: 'install_failed',
    reset_failed: 'reset_failed',
    no_apply: 'patch_not_applied',
    test_errored: 'test_error',
    test_timeout: 'test_timeout',
  };
  const modes = new Map(
    Object.entries(failures).flatMap(([key, mode]) => ids(report[key]).map((id) => [id, mode] as const)),
  );
  const applied = new Set(ids(report.applied));
  const listed = new Set([...won, ...ids(report.generated), ...ids(report.with_logs), ...modes.keys()]);
  const records = [...listed].map(
    (task_id, record): OutcomeRecord => ({
      ...base,
      record,
      task_id,
      scope: 'task',
      rank: ranks.final_report,
      outcome: won.has(task_id) ? 'resolved' : 'unresolved',
      failure_mode: modes.get(task_id) ?? null,
      is_patch_applied: applied.has(task_id) ? true : modes.get(task_id) === 'patch_not_applied' ? false : null,
    }),
  );
  return [
    ...records,
    {
      ...base,
      record: records.length,
      task_id: null,
      scope: 'rest',
      rank: ranks.rest,
      outcome: 'unresolved',
      failure_mode: null,
    },
  ];
}

/** A table of predictions is no verdict, but it is no trace either. */
export const isPredictions = (value: unknown): boolean => {
  const rows = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return (
    rows.length > 0 &&
    rows
      .slice(0, 5)
      .every(
        (row) =>
          isObject(row) &&
          'model_patch' in row &&
          'instance_id' in row &&
          !('messages' in row) &&
          !('all_results' in row) &&
          !('trajectory' in row),
      )
  );
};
