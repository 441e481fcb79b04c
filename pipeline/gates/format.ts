import { DataError } from '../errors.ts';
import { applyPatch, patchedPaths } from '../mutation/patch.ts';
import { forbiddenPath, reachIn } from './edit-policy.ts';
import { brokenRun } from './execution.ts';
import { type Candidate, type Gate, type GateResult, type Grounds, pass, refuse } from './gate.ts';
import { flawOf } from './trees.ts';

/**
 * Gate 1: task and verifier are well formed, both patches apply and undo each other, edited files still parse, and no
 * edit touches tests or what runs them. Asks for the run that labelled the tests only when it found none that fails.
 */
export const format: Gate = { name: 'format', judge };

async function judge(candidate: Candidate, grounds: Grounds): Promise<GateResult> {
  const { task, key } = candidate;
  const { sources, parses } = grounds;
  if (task.problem_statement.trim() === '') return refuse('empty_statement');
  if (key.pass_to_pass.length === 0) return refuse('no_passing_test');
  const ids = [...key.fail_to_pass, ...key.pass_to_pass];
  if (new Set(ids).size !== ids.length) return refuse('malformed_verifier');
  let broken: Map<string, string>;
  let fixed: Map<string, string>;
  try {
    const forbidden = [key.bug_patch, key.fix_patch].flatMap(patchedPaths).map(forbiddenPath).find(Boolean);
    if (forbidden) return refuse('forbidden_path', forbidden);
    broken = applyPatch((path) => sources.get(path), key.bug_patch);
    fixed = applyPatch((path) => broken.get(path) ?? sources.get(path), key.fix_patch);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return refuse('patch_does_not_apply', error.message);
  }
  for (const path of new Set([...broken.keys(), ...fixed.keys()])) {
    if (fixed.get(path) !== sources.get(path)) return refuse('patches_not_inverse', path);
  }
  for (const [path, text] of broken) {
    if (!parses(path, text)) return refuse('syntax_error', path);
    const reach = reachIn(sources.get(path)!, text, task.language);
    if (reach) return refuse('reaches_for_runner', `${path}: ${reach}`);
  }
  if (key.fail_to_pass.length === 0) return whyNothingFails(candidate, grounds);
  return pass({ edited_files: [...broken.keys()].sort() });
}

/** A suite that did not complete has no labels: that is another reason than a bug that no test notices. */
async function whyNothingFails(candidate: Candidate, grounds: Grounds): Promise<GateResult> {
  const run = await brokenRun(candidate, grounds, 0);
  return refuse(flawOf(run) ?? 'no_failing_test', run.detail ?? '', {}, 1);
}
