import type { CandidateEdit } from '../mutation/types.ts';
import { type Random, shuffled } from '../random.ts';
import type { RankedFunction } from './localise.ts';

/** Edits of one opened function, at most this many. */
export const EDITS_PER_FUNCTION = 170;

/**
 * The edits worth trying in a function: on lines that the failing tests execute (an edit elsewhere changes nothing for
 * them), plus returns added at the end. When there are more than `limit`, operators take turns giving a random one each, so
 * that rare operators are not crowded out. In order of position.
 */
export function candidateEdits(
  ranked: RankedFunction,
  edits: readonly CandidateEdit[],
  random: Random,
  limit: number = EDITS_PER_FUNCTION,
): CandidateEdit[] {
  const reachable = edits.filter((edit) => ranked.lines.has(edit.line) || edit.operator === 'ret_add');
  return (reachable.length <= limit ? [...reachable] : stratified(reachable, random, limit)).sort(byPosition);
}

function stratified(edits: readonly CandidateEdit[], random: Random, limit: number): CandidateEdit[] {
  const operators = Map.groupBy([...edits].sort(byPosition), (edit) => edit.operator);
  const piles = [...operators.keys()].sort().map((operator) => shuffled(operators.get(operator)!, random));
  const kept: CandidateEdit[] = [];
  while (kept.length < limit) {
    for (const pile of piles) {
      const edit = pile.pop();
      if (edit && kept.length < limit) kept.push(edit);
    }
  }
  return kept;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byPosition = (a: CandidateEdit, b: CandidateEdit): number =>
  a.start - b.start || a.end - b.end || order(a.operator, b.operator) || order(a.replacement, b.replacement);
