import type { SourceFunction } from '../mutation/types.ts';
import type { Coverage, Frame } from '../ports.ts';

/** What the Solver needs of a function of the mutation room. */
export type FunctionSpan = Pick<SourceFunction, 'name' | 'start' | 'end' | 'body_start' | 'first_line' | 'last_line'>;

/** One file of the broken tree. */
export interface SourceText<F extends FunctionSpan = FunctionSpan> {
  path: string;
  text: string;
  functions: readonly F[];
}

/** What running the failing tests shows: all that the Solver knows about the bug. */
export interface FailureView {
  /** Failing test ids, the first is the one whose message is shown. */
  failing_tests: readonly string[];
  message: string | null;
  exception: string | null;
  /** Outermost first. */
  frames: readonly Frame[];
}

/** Line coverage seen by the Solver: failing tests on the broken tree, and the passing tests beside them. */
export interface CoverageView {
  failing: readonly Coverage[];
  passing: readonly Coverage[];
}

/**
 * `broken`: does not compile. `same` and `different`: the failing test still fails, with the same message or another.
 * `partial`: some failing tests pass. `fixed`: all of them pass.
 */
export type OutcomeClass = 'broken' | 'same' | 'different' | 'timeout' | 'partial' | 'fixed';

/** What trying one edit came to. Only `class`, `fail_to_pass_fraction` and `visible_ok` are ever shown to the policy. */
export interface EditOutcome {
  class: OutcomeClass;
  /** Share of the failing tests that pass with the edit, 0..1. */
  fail_to_pass_fraction: number;
  /** Every visible test that passed before still passes. */
  visible_ok: boolean;
  /** Share of all tests that must keep passing (visible and hidden) that do, 0..1. Reward only. */
  pass_to_pass_fraction: number;
  /** All failing tests fixed and nothing broken. Reward only. */
  full: boolean;
}
