import type { AnswerKey } from '../../schemas/tasks.ts';
import { editsTo, passedIn } from '../gates/trees.ts';
import { sha256 } from '../hash.ts';
import { applyPatch } from '../mutation/patch.ts';
import type { Coverage, Edit, Harness, Probe, SuiteRun } from '../ports.ts';
import type { EditOutcome } from '../solver/types.ts';
import { fewTestsWallMs, usable, type Workspace } from './workspace.ts';

/** Hidden pass_to_pass tests a plausible edit is judged by: those that execute the edited lines' file, this many. */
const hiddenLimit = 40;
/** Characters of a failure message that decide whether it is still the same failure. */
const messageCompared = 200;

/** What the referee knows and the Solver does not. */
export interface Secret {
  key: AnswerKey;
  /** Makes the broken tree. */
  base: readonly Edit[];
  pristine: ReadonlyMap<string, string>;
  /** Pristine coverage by test id. */
  coverage: ReadonlyMap<string, Coverage>;
}

export const baseEdits = (key: Pick<AnswerKey, 'bug_patch'>, pristine: ReadonlyMap<string, string>): Edit[] =>
  editsTo(
    applyPatch((path) => pristine.get(path), key.bug_patch),
    pristine,
  );

/** Says what a tried edit came to. An edit that makes the first failing test pass is judged in a fresh process by all tests. */
export async function judgeEdits(
  workspace: Workspace,
  edits: readonly Edit[],
  { key, base, coverage }: Secret,
  harness: Harness,
): Promise<EditOutcome[]> {
  const probes = await workspace.probe(edits);
  const before = workspace.failing[0]!.message ?? '';
  return Promise.all(
    probes.map((probe, index) => {
      const plain = unrepaired(probe, before);
      return plain ?? verify(workspace, edits[index]!, { key, base, coverage }, harness);
    }),
  );
}

/** Outcome of an edit after which the failing test still does not pass, or null when it passes. */
function unrepaired(probe: Probe, before: string): EditOutcome | null {
  const failed = (outcome: EditOutcome['class']): EditOutcome => ({
    class: outcome,
    fail_to_pass_fraction: 0,
    visible_ok: false,
    pass_to_pass_fraction: 1,
    full: false,
  });
  if (probe.outcome === 'broken') return failed('broken');
  if (probe.outcome !== 'ran') return failed('timeout');
  const last = probe.tests.at(-1);
  if (!last || last.status === 'timeout') return failed('timeout');
  if (last.status === 'passed') return null;
  const same = (last.message ?? '').slice(0, messageCompared) === before.slice(0, messageCompared);
  return failed(same ? 'same' : 'different');
}

async function verify(
  workspace: Workspace,
  edit: Edit,
  secret: Pick<Secret, 'key' | 'base' | 'coverage'>,
  harness: Harness,
): Promise<EditOutcome> {
  const visible = workspace.passing.map((test) => test.test_id);
  const kept_tests = [...visible, ...hiddenTests(secret.key, edit.path, visible, secret.coverage)];
  const run = await verificationRun(workspace, edit, secret, harness);
  const passed = passedIn(run);
  const share = (ids: readonly string[]) =>
    ids.length === 0 ? 1 : ids.filter((id) => passed.has(id)).length / ids.length;
  const repaired = share(secret.key.fail_to_pass);
  const kept = share(kept_tests);
  return {
    class: repaired === 1 ? 'fixed' : repaired > 0 ? 'partial' : 'different',
    fail_to_pass_fraction: repaired,
    visible_ok: share(visible) === 1,
    pass_to_pass_fraction: kept,
    full: repaired === 1 && kept === 1 && run.outcome === 'complete',
  };
}

/** The run that judges a plausible edit: fail_to_pass, the visible tests, and hidden ones, in a fresh process. */
export async function verificationRun(
  workspace: Workspace,
  edit: Edit,
  { key, base, coverage }: Pick<Secret, 'key' | 'base' | 'coverage'>,
  harness: Harness,
): Promise<SuiteRun> {
  const visible = workspace.passing.map((test) => test.test_id);
  const tests = [...key.fail_to_pass, ...visible, ...hiddenTests(key, edit.path, visible, coverage)];
  const request = { edits: [...base, edit], tests, wall_ms: fewTestsWallMs };
  return usable(await harness.suite(workspace.repository_id, request));
}

/** Hidden tests that execute the edited file, in an order that only their ids decide. */
function hiddenTests(
  key: AnswerKey,
  path: string,
  visible: readonly string[],
  coverage: ReadonlyMap<string, Coverage>,
): string[] {
  const shown = new Set(visible);
  return key.pass_to_pass
    .filter((id) => !shown.has(id) && (coverage.get(id)?.[path]?.length ?? 0) > 0)
    .map((id) => ({ id, order: sha256(`${key.task_id} ${id}`) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, hiddenLimit)
    .map(({ id }) => id);
}
