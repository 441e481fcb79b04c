import { reachIn } from './edit-policy.ts';
import type { Candidate, Grounds, ReasonCode } from './gate.ts';
import { brokenFiles, editsTo, flawOf, passedIn } from './trees.ts';

/** What a repair from outside came to. Names no test: a solver may read it. */
export interface Judgement {
  task_id: string;
  is_resolved: boolean;
  reason_code: Exclude<ReasonCode, 'passed'> | 'resolved' | 'nothing_changed' | 'not_repaired' | 'breaks_tests';
  detail: string;
  /** Null when no run counts. */
  fail_to_pass: Share | null;
  pass_to_pass: Share | null;
}

interface Share {
  passed: number;
  of: number;
}

/** Runs the whole suite over the changed files in a fresh process, and compares with the verifier (METHOD.md 3). */
export async function judgeSubmission(
  candidate: Candidate,
  grounds: Grounds,
  files: ReadonlyMap<string, string>,
): Promise<Judgement> {
  const { task, key } = candidate;
  const broken = brokenFiles(candidate, grounds);
  const refused = (reason_code: Judgement['reason_code'], detail: string): Judgement => ({
    task_id: task.task_id,
    is_resolved: false,
    reason_code,
    detail,
    fail_to_pass: null,
    pass_to_pass: null,
  });
  if (files.size === 0) return refused('nothing_changed', 'the tree is as it was given');
  for (const [path, text] of files) {
    const reach = reachIn(broken.get(path) ?? grounds.sources.get(path)!, text, task.language);
    if (reach) return refused('reaches_for_runner', `${path}: ${reach}`);
  }
  const { harness, sources, baseline_tests, settings } = grounds;
  const run = await harness.cold(task.repository_id, {
    edits: editsTo(new Map([...broken, ...files]), sources),
    tests: [...baseline_tests],
    wall_ms: 4 * settings.suite_wall_ms,
  });
  const flaw = flawOf(run);
  if (flaw) return refused(flaw, run.detail ?? '');
  const passed = passedIn(run);
  const [fail_to_pass, pass_to_pass] = [share(key.fail_to_pass, passed), share(key.pass_to_pass, passed)];
  const is_repaired = fail_to_pass.passed === fail_to_pass.of;
  const is_kept = pass_to_pass.passed === pass_to_pass.of;
  return {
    task_id: task.task_id,
    is_resolved: is_repaired && is_kept,
    reason_code: !is_repaired ? 'not_repaired' : is_kept ? 'resolved' : 'breaks_tests',
    detail: '',
    fail_to_pass,
    pass_to_pass,
  };
}

const share = (tests: readonly string[], passed: ReadonlySet<string>): Share => ({
  passed: tests.filter((id) => passed.has(id)).length,
  of: tests.length,
});
