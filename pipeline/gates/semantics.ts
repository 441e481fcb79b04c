import type { SuiteRun } from '../ports.ts';
import { brokenRun } from './execution.ts';
import { type Candidate, type Gate, type GateResult, type Grounds, pass, refuse } from './gate.ts';
import { leakIn } from './leak.ts';
import { brokenFiles, editsTo, fixedFiles, flawOf, passedIn } from './trees.ts';

/**
 * Gate 4: the verifier means what it says. Clean tree: all selected tests pass. Broken tree: exactly fail_to_pass
 * fails (so a patch that does nothing repairs nothing), not too much of the suite. Fix patch: everything passes.
 * Inverse mutation (SSR): reverting each edited file alone must make some failing test pass. The statement must
 * not give the fix away.
 */
export const semantics: Gate = { name: 'semantics', judge };

async function judge(candidate: Candidate, grounds: Grounds): Promise<GateResult> {
  const { key, task } = candidate;
  const leak = leakIn(task.problem_statement, key);
  if (leak) return refuse('statement_leaks_fix', leak);
  const most = Math.max(grounds.settings.most_failing, Math.floor(0.2 * grounds.baseline_tests.length));
  if (key.fail_to_pass.length > most)
    return refuse('too_many_failures', `${key.fail_to_pass.length} tests fail, at most ${most} may`);

  const broken = await brokenRun(candidate, grounds, 0);
  const brokenFlaw = flawOf(broken);
  if (brokenFlaw) return refuse(brokenFlaw, broken.detail ?? '', {}, 1);
  const mismatch = labelMismatch(candidate, grounds, passedIn(broken));
  if (mismatch) return refuse('labels_differ', mismatch, {}, 1);
  const clean = await treeRun(new Map(), candidate, grounds);
  if (clean.outcome === 'infrastructure_error') return refuse('infrastructure_error', clean.detail ?? '', {}, 2);
  const absent = firstNotPassed(clean, key.fail_to_pass, key.pass_to_pass);
  if (absent) return refuse('clean_tree_fails', absent, {}, 2);
  const fixed = await treeRun(fixedFiles(candidate, grounds), candidate, grounds);
  const flaw = flawOf(fixed);
  if (flaw) return refuse(flaw, fixed.detail ?? '', {}, 3);
  const unrepaired = firstNotPassed(fixed, key.fail_to_pass, key.pass_to_pass);
  if (unrepaired) return refuse('fix_does_not_repair', unrepaired, {}, 3);
  return inverseMutation(candidate, grounds);
}

async function inverseMutation(candidate: Candidate, grounds: Grounds): Promise<GateResult> {
  const broken = brokenFiles(candidate, grounds);
  for (const path of [...broken.keys()].sort()) {
    const reverted = new Map([...broken].filter(([other]) => other !== path));
    const run = await treeRun(reverted, candidate, grounds);
    if (run.outcome === 'infrastructure_error') return refuse('infrastructure_error', run.detail ?? '', {}, 4);
    const passed = passedIn(run);
    if (!candidate.key.fail_to_pass.some((id) => passed.has(id))) return refuse('revert_changes_nothing', path, {}, 4);
  }
  return pass(
    { fail_to_pass: candidate.key.fail_to_pass.length, pass_to_pass: candidate.key.pass_to_pass.length },
    3 + broken.size,
  );
}

function treeRun(
  files: ReadonlyMap<string, string>,
  { task }: Candidate,
  { harness, sources, baseline_tests, settings }: Grounds,
): Promise<SuiteRun> {
  return harness.suite(task.repository_id, {
    edits: editsTo(files, sources),
    tests: [...baseline_tests],
    wall_ms: settings.suite_wall_ms,
  });
}

function labelMismatch({ key }: Candidate, { baseline_tests }: Grounds, passed: ReadonlySet<string>): string | null {
  const failing = new Set(key.fail_to_pass);
  const wrong = baseline_tests.find((id) => passed.has(id) === failing.has(id));
  return wrong === undefined ? null : `${wrong} ${passed.has(wrong) ? 'passes' : 'does not pass'} on the broken tree`;
}

function firstNotPassed(run: SuiteRun, ...lists: (readonly string[])[]): string | null {
  const passed = passedIn(run);
  return lists.flat().find((id) => !passed.has(id)) ?? null;
}
