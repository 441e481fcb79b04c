/**
 * Dynamic features: what the episode has taught so far. Each is one bit; its weight is one of the 64 parameters
 * after the hashed buckets. Numbers are part of the checkpoint format: add, never reorder.
 */
export const DYNAMIC_FEATURES = 64;

/** Tries in the edit's function: none, one, two or three, more (consecutive numbers). */
export const FUNCTION_TRIES = 0;
/** The line was tried before, with the same failure / with any other outcome. */
export const LINE_SAME = 4;
export const LINE_OTHER = 5;
/** The operator was tried once / more often. */
export const OPERATOR_ONCE = 6;
export const OPERATOR_MORE = 7;
/** The last edit was in this function and changed the failure / left it the same. */
export const LAST_DIFFERENT = 8;
export const LAST_SAME = 9;
/** An edit that fixes the failing tests but breaks visible ones was seen. */
export const EDIT_AFTER_PLAUSIBLE = 11;
/** The last partial repair was in this function / on this line. */
export const PARTIAL_FUNCTION = 12;
export const PARTIAL_LINE = 13;
/** The same span was tried before. */
export const SITE_TRIED = 14;
/** Functions opened so far: none, one, two, more. */
export const OPENED = 16;
/** Edits tried so far: none, one or two, three or four, more. */
export const EDITS_TRIED = 20;
/** Some edit changed the failure / edits were tried and none did. */
export const ANY_DIFFERENT = 24;
export const ALL_SAME = 25;
export const OPEN_AFTER_PLAUSIBLE = 27;
export const OPEN_AFTER_PARTIAL = 28;
/** One action is left (opening is then useless) / two are left. */
export const OPEN_LAST = 29;
export const OPEN_LAST_BUT_ONE = 30;

/** Dynamic features that belong to one edit action, as bits of a small mask, and the feature of each bit. */
export const EDIT_BITS = {
  lineSame: 1,
  lineOther: 2,
  operatorOnce: 4,
  operatorMore: 8,
  partialLine: 16,
  siteTried: 32,
};
export const EDIT_BIT_FEATURES = [LINE_SAME, LINE_OTHER, OPERATOR_ONCE, OPERATOR_MORE, PARTIAL_LINE, SITE_TRIED];
export const EDIT_MASKS = 1 << EDIT_BIT_FEATURES.length;

/** What an episode remembers beside the masks of single edits. */
export interface Memory {
  opened: number;
  tried: number;
  remaining: number;
  any_different: boolean;
  any_plausible: boolean;
  any_partial: boolean;
}

const triesBand = (tries: number): number => (tries < 2 ? tries : tries < 4 ? 2 : 3);
const editsBand = (tried: number): number => (tried === 0 ? 0 : tried < 3 ? 1 : tried < 5 ? 2 : 3);

/** Features shared by every available open action, written to `out`; returns how many. */
export function openFeatures(memory: Memory, out: Uint8Array): number {
  let n = 0;
  out[n++] = OPENED + Math.min(memory.opened, 3);
  out[n++] = EDITS_TRIED + editsBand(memory.tried);
  if (memory.any_different) out[n++] = ANY_DIFFERENT;
  else if (memory.tried > 0) out[n++] = ALL_SAME;
  if (memory.any_plausible) out[n++] = OPEN_AFTER_PLAUSIBLE;
  if (memory.any_partial) out[n++] = OPEN_AFTER_PARTIAL;
  if (memory.remaining === 1) out[n++] = OPEN_LAST;
  if (memory.remaining === 2) out[n++] = OPEN_LAST_BUT_ONE;
  return n;
}

/** What an episode remembers of one function. */
export interface FunctionMemory {
  tries: number;
  /** Outcome of the last edit, when that was in this function. */
  last: 'same' | 'different' | null;
  is_partial: boolean;
}

/** Features shared by every edit of one function, written to `out`; returns how many. */
export function functionFeatures(fn: FunctionMemory, any_plausible: boolean, out: Uint8Array): number {
  let n = 0;
  out[n++] = FUNCTION_TRIES + triesBand(fn.tries);
  if (fn.last === 'different') out[n++] = LAST_DIFFERENT;
  if (fn.last === 'same') out[n++] = LAST_SAME;
  if (any_plausible) out[n++] = EDIT_AFTER_PLAUSIBLE;
  if (fn.is_partial) out[n++] = PARTIAL_FUNCTION;
  return n;
}
