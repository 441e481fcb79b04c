import { DataError } from '../errors.ts';
import { applyPatch } from '../mutation/patch.ts';
import { type Candidate, type Gate, type GateResult, type Grounds, pass, refuse } from './gate.ts';

/** Gate 1: task and verifier are well formed, both patches apply and undo each other, edited files still parse. */
export const format: Gate = { name: 'format', judge };

function judge({ task, key }: Candidate, { sources, parses }: Grounds): GateResult {
  if (task.problem_statement.trim() === '') return refuse('empty_statement');
  if (key.fail_to_pass.length === 0) return refuse('no_failing_test');
  if (key.pass_to_pass.length === 0) return refuse('no_passing_test');
  const ids = [...key.fail_to_pass, ...key.pass_to_pass];
  if (new Set(ids).size !== ids.length) return refuse('malformed_verifier');
  let broken: Map<string, string>;
  let fixed: Map<string, string>;
  try {
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
  }
  return pass({ edited_files: [...broken.keys()].sort() });
}
