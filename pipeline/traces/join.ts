import type { Trace } from '../../schemas/traces.ts';
import type { VerdictDraft } from './draft.ts';
import { exitClass } from './exit.ts';
import { type OutcomeRecord, ranks } from './outcomes/outcome.ts';
import { pathsInPatch } from './patches.ts';
import { folderOf } from './reading/entries.ts';

/** An outcome without its tests, which stay on disk; `line` finds them again. */
export type IndexedOutcome = Omit<OutcomeRecord, 'tests'> & {
  test_count: number;
  line: number;
  trace_id: string | null;
  is_used: boolean;
};

/** Folder names that say what a file is for, not which run it belongs to. */
export const boilerplate: ReadonlySet<string> = new Set(
  'logs log eval evals evaluation evaluations run_evaluation verifier results result reports report trajs traj trajectories agent outputs output sessions tests traces runs data'.split(
    ' ',
  ),
);

/** Finds the verdicts that speak about a trace. */
export class OutcomeIndex {
  readonly all: readonly IndexedOutcome[];
  private readonly byTask = new Map<string, IndexedOutcome[]>();
  private readonly byTrajectory = new Map<string, IndexedOutcome[]>();
  private readonly byFolder = new Map<string, IndexedOutcome[]>();
  private readonly byFile = new Map<string, IndexedOutcome[]>();

  constructor(outcomes: readonly IndexedOutcome[]) {
    this.all = outcomes;
    for (const outcome of outcomes) {
      if (outcome.file) add(this.byFile, lastPart(outcome.file), outcome);
      else if (outcome.scope !== 'task') add(this.byFolder, outcome.folder, outcome);
      else if (outcome.task_id) add(this.byTask, outcome.task_id, outcome);
      if (outcome.trajectory_id) add(this.byTrajectory, outcome.trajectory_id, outcome);
    }
  }

  /** Outcomes that apply, closest look first. `is_alone`: the trace is the only one of its file. */
  find(trace: Pick<Trace, 'source_uri' | 'task_id' | 'trajectory_id' | 'run_id'>, is_alone: boolean): IndexedOutcome[] {
    const folder = folderOf(trace.source_uri);
    const found = new Set<IndexedOutcome>();
    for (const outcome of this.byTrajectory.get(trace.trajectory_id ?? '') ?? []) found.add(outcome);
    for (const ancestor of ancestors(folder))
      for (const outcome of this.byFolder.get(ancestor) ?? []) found.add(outcome);
    for (const outcome of this.byTask.get(trace.task_id ?? '') ?? [])
      if (speaksOf(outcome, folder, trace.run_id)) found.add(outcome);
    if (is_alone)
      for (const outcome of this.byFile.get(lastPart(trace.source_uri)) ?? [])
        if (names(outcome, trace.source_uri)) found.add(outcome);
    return [...found].sort(
      (a, b) =>
        Number(a.outcome === 'unknown') - Number(b.outcome === 'unknown') ||
        b.rank - a.rank ||
        b.folder.length - a.folder.length ||
        compare(a.uri, b.uri) ||
        a.record - b.record,
    );
  }
}

const add = <T>(map: Map<string, T[]>, key: string, value: T): void => {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
};
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const lastPart = (path: string): string => path.split(/[/!]/).at(-1)!;

function* ancestors(folder: string): Generator<string> {
  yield folder;
  for (let at = folder.length - 1; at > 0; at--) {
    if (folder[at] === '!') yield folder.slice(0, at + 1);
    if (folder[at] === '/' || folder[at] === '!') yield folder.slice(0, at);
  }
}

/** The path a table names is the trace's, from the table's folder or from anywhere. */
const names = ({ file, folder }: IndexedOutcome, uri: string): boolean =>
  uri === `${folder}/${file}` || uri.endsWith(`/${file}`);

/**
 * A report speaks about a run. It lies in the run's folder, or in a folder for evaluation inside it; else the two paths
 * must share a name that tells the run. Without this, a report of one run would judge another's attempt at the same task.
 */
export function speaksOf(
  { folder, task_id, run_id }: Pick<IndexedOutcome, 'folder' | 'task_id' | 'run_id'>,
  traceFolder: string,
  traceRun: string | null,
): boolean {
  if (run_id && run_id === traceRun) return true;
  const own = folder.split('/');
  while (own.length > 1 && (boilerplate.has(own.at(-1)!.toLowerCase()) || own.at(-1) === task_id)) own.pop();
  const root = own.join('/');
  if (traceFolder === root || traceFolder.startsWith(`${root}/`)) return true;
  const theirs = traceFolder.split('/');
  let common = 0;
  while (common < own.length && own[common] === theirs[common]) common++;
  const rest = new Set(own.slice(common).filter((part) => !boilerplate.has(part.toLowerCase()) && part !== task_id));
  return theirs.slice(common).some((part) => rest.has(part));
}

/** A trace with its verdict, and the outcome that gave it (null: its own record, or nobody). */
export function judge(
  trace: Trace,
  own: VerdictDraft | null,
  outcomes: readonly IndexedOutcome[],
): { trace: Trace; by: IndexedOutcome | null } {
  const usable = outcomes.filter((outcome) => !(outcome.rank === ranks.log && outcomes.some(deniesLogs)));
  const best =
    usable.find((outcome) => outcome.outcome !== 'unknown') ??
    usable.find((outcome) => outcome.rank > ranks.none) ??
    null;
  const ownRank = own?.outcome && own.outcome !== 'unknown' ? ranks.record : -1;
  const by = best && (best.outcome !== 'unknown' || ownRank < 0) && best.rank > ownRank ? best : null;
  const verdict = by ?? own ?? null;
  const flags = new Set(JSON.parse(trace.quality_flags) as string[]);
  const words = new Set([
    ...outcomes
      .filter((outcome) => outcome.outcome !== 'unknown' && outcome.scope !== 'rest')
      .map((outcome) => settled(outcome.outcome)),
    ...(ownRank > 0 ? [settled(own!.outcome)] : []),
  ]);
  if (words.size > 1 || usable.length < outcomes.length) flags.add('outcome_conflict');
  const filled = fill(trace, outcomes);
  const judged: Trace = {
    ...filled,
    exit_class: exitClass(filled.exit_status),
    outcome: verdict?.outcome ?? 'unknown',
    outcome_source: verdict?.outcome && verdict.outcome !== 'unknown' ? verdict.source : null,
    reward: verdict?.reward ?? outcomes.find((outcome) => typeof outcome.reward === 'number')?.reward ?? null,
    is_infra_failure: verdict?.is_infra_failure ?? null,
    is_patch_applied:
      verdict?.is_patch_applied ??
      outcomes.find((outcome) => typeof outcome.is_patch_applied === 'boolean')?.is_patch_applied ??
      null,
    failure_mode: by?.failure_mode ?? outcomes.find((outcome) => outcome.failure_mode)?.failure_mode ?? null,
    ...counts(verdict),
  };
  if (judged.outcome === 'unknown') flags.add('missing_outcome');
  judged.quality_flags = JSON.stringify([...flags].sort());
  return { trace: { ...judged, ...components(judged) }, by };
}

/** A run's report that says it never judged the instance contradicts a log that does: then nobody knows. */
const deniesLogs = ({ source, failure_mode }: IndexedOutcome): boolean =>
  source === 'final_report' &&
  (failure_mode === 'incomplete' || failure_mode === 'ambiguous' || failure_mode === 'infra_failure');

const settled = (outcome: string | undefined): string =>
  outcome === 'partial' ? 'unresolved' : (outcome ?? 'unknown');

/** What the trace does not know and a file beside it does. */
function fill(trace: Trace, outcomes: readonly IndexedOutcome[]): Trace {
  const filled: Record<string, unknown> = { ...trace };
  for (const { fill: values } of outcomes) {
    for (const [key, value] of Object.entries(values ?? {}))
      if (filled[key] === null && value !== null && value !== undefined) filled[key] = value;
  }
  return { ...(filled as Trace), edited_paths: pathsInPatch(trace.submission) };
}

const counts = (verdict: Partial<VerdictDraft> | null) => ({
  fail_to_pass_passed: verdict?.fail_to_pass_passed ?? null,
  fail_to_pass_failed: verdict?.fail_to_pass_failed ?? null,
  pass_to_pass_passed: verdict?.pass_to_pass_passed ?? null,
  pass_to_pass_failed: verdict?.pass_to_pass_failed ?? null,
});

/** Reward components of METHOD.md 4, where tests are known. */
function components(trace: Trace): Pick<Trace, 'full_repair' | 'partial_repair' | 'preservation'> {
  const share = (passed: number | null, failed: number | null) =>
    passed === null || failed === null || passed + failed === 0 ? null : passed / (passed + failed);
  return {
    full_repair: trace.outcome === 'unknown' ? null : trace.outcome === 'resolved' ? 1 : 0,
    partial_repair: share(trace.fail_to_pass_passed, trace.fail_to_pass_failed),
    preservation: share(trace.pass_to_pass_passed, trace.pass_to_pass_failed),
  };
}
