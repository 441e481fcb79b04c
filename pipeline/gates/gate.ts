import type { AnswerKey, Task } from '../../schemas/tasks.ts';
import type { GateName } from '../../schemas/verdicts.ts';
import type { Harness } from '../ports.ts';

/** A task and its verification signal, as proposed. */
export interface Candidate {
  task: Task;
  key: AnswerKey;
}

/** What gates may ask about the repository of a candidate. */
export interface Grounds {
  harness: Harness;
  /** Pristine sources an edit may touch. */
  sources: ReadonlyMap<string, string>;
  /** Tests that pass every time on the pristine tree, in collection order. */
  baseline_tests: readonly string[];
  /**
   * Tests that execute the edited function on the pristine tree: the only ones the bug can make unstable. Reruns
   * after the first look at these and at fail_to_pass; at the whole suite when left out.
   */
  affectedTests?(key: AnswerKey): readonly string[];
  /** Whether edits of the edited function can be tried in a warm session; all can when left out. */
  isTryable?(key: AnswerKey): Promise<boolean>;
  /** Whether the text has no syntax error. */
  parses(path: string, text: string): boolean;
  /** Names of the functions of a pristine source. */
  functionsOf(path: string): readonly string[];
  settings: GateSettings;
}

export interface GateSettings {
  /** Runs of the whole suite that must agree test by test; METHOD.md 3 default 5. */
  reruns: number;
  /** Most failing tests: the larger of this and 20 % of the suite. */
  most_failing: number;
  /** Wall time of one run of the whole suite. */
  suite_wall_ms: number;
  seed: string;
}

export interface GateResult {
  passed: boolean;
  reason_code: ReasonCode;
  detail: string;
  run_count: number;
  evidence: Record<string, unknown>;
}

export interface Gate {
  name: GateName;
  judge(candidate: Candidate, grounds: Grounds): Promise<GateResult> | GateResult;
}

/** Every reason a gate can give. `infrastructure_error` is recorded, but it is not a verdict on the task. */
export const reasonCodes = {
  passed: 'went through',
  no_failing_test: 'no test of the suite notices the bug',
  no_passing_test: 'no test of the suite still passes',
  malformed_verifier: 'the two lists of tests overlap or repeat an id',
  empty_statement: 'the task says nothing',
  patch_does_not_apply: 'bug or fix patch does not apply',
  patches_not_inverse: 'the fix patch does not undo the bug patch',
  forbidden_path: 'the patch touches a test, configuration or an import hook',
  reaches_for_runner: 'the edit reaches for whatever runs the tests',
  syntax_error: 'the edited file does not parse',
  unknown_file: 'the patch touches a file that is not an editable source of the repository',
  unknown_function: 'the edited function is not in the repository',
  unknown_test: 'a test named by the verifier is not in the suite',
  unstable_test: 'a test came out differently between runs',
  incomplete_run: 'a run ended before every test reported',
  forged_result: 'a hidden test that must fail did not, so no result of the run counts',
  broken_tree: 'the edited tree cannot be collected or compiled',
  cold_only: 'only a fresh process can run the edited function: each attempt would cost a cold run',
  timeout: 'a run hit its time limit',
  infrastructure_error: 'the runner failed; nothing is known of the task',
  labels_differ: 'the suite does not fail and pass as the verifier says',
  too_many_failures: 'so much fails that the task is trivial',
  clean_tree_fails: 'a test of the verifier does not pass without the bug',
  fix_does_not_repair: 'the fix patch does not make every test of the verifier pass',
  revert_changes_nothing: 'reverting one of the edited files makes no failing test pass',
  statement_leaks_fix: 'the problem statement gives the fix or its place away',
} as const;
export type ReasonCode = keyof typeof reasonCodes;

export const pass = (evidence: Record<string, unknown> = {}, run_count = 0): GateResult => ({
  passed: true,
  reason_code: 'passed',
  detail: '',
  run_count,
  evidence,
});

export const refuse = (
  reason_code: Exclude<ReasonCode, 'passed'>,
  detail = '',
  evidence: Record<string, unknown> = {},
  run_count = 0,
): GateResult => ({ passed: false, reason_code, detail: detail || reasonCodes[reason_code], run_count, evidence });
