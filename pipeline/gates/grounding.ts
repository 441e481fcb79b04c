import { patchedPaths } from '../mutation/patch.ts';
import { type Candidate, type Gate, type GateResult, type Grounds, pass, refuse } from './gate.ts';

/** Gate 2: every file, function and test that the candidate names exists in the repository snapshot. */
export const grounding: Gate = { name: 'grounding', judge };

function judge({ task, key }: Candidate, { sources, baseline_tests, functionsOf }: Grounds): GateResult {
  if (!sources.has(key.path)) return refuse('unknown_file', key.path);
  if (!patchedPaths(key.bug_patch).includes(key.path))
    return refuse('unknown_file', `the patch does not touch ${key.path}`);
  if (!functionsOf(key.path).includes(key.symbol)) return refuse('unknown_function', `${key.path}: ${key.symbol}`);
  const known = new Set(baseline_tests);
  const named = [...task.failing_tests, ...key.fail_to_pass, ...key.pass_to_pass];
  const unknown = named.find((id) => !known.has(id));
  if (unknown !== undefined) return refuse('unknown_test', unknown);
  return pass({ test_count: named.length });
}
