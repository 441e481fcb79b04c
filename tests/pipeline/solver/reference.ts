import { type ActionSpace, isOpen } from '../../../pipeline/solver/action-space.ts';
import { dynamicWeights, type Policy } from '../../../pipeline/solver/policy.ts';
import type { EditOutcome } from '../../../pipeline/solver/types.ts';

/**
 * The episode's rules written down a second time, slowly and from the history alone, to check the fast ones against.
 */
export function replay(
  policy: Policy,
  space: ActionSpace,
  truth: readonly (EditOutcome | null)[],
  actions: readonly number[],
  budget: number,
): { log_probabilities: number[]; entropies: number[] } {
  const scores = new Float64Array(space.size);
  policy.scoreActions(space.features, scores);
  const weights = dynamicWeights(policy);
  const log_probabilities: number[] = [];
  const entropies: number[] = [];
  for (const [step, action] of actions.entries()) {
    const history = actions.slice(0, step);
    const available = availableAfter(space, history);
    const values = available.map(
      (a) => scores[a]! + dynamicFeatures(space, truth, history, budget, a).reduce((sum, d) => sum + weights[d]!, 0),
    );
    const total = Math.log(values.reduce((sum, v) => sum + Math.exp(v), 0));
    log_probabilities.push(values[available.indexOf(action)]! - total);
    entropies.push(values.reduce((sum, v) => sum - Math.exp(v - total) * (v - total), 0));
  }
  return { log_probabilities, entropies };
}

function availableAfter(space: ActionSpace, history: readonly number[]): number[] {
  return Array.from({ length: space.size }, (_, a) => a).filter(
    (a) => !history.includes(a) && (isOpen(space, a) || history.includes(space.function_of[a]!)),
  );
}

/** Numbers of dynamic.ts, from the history of actions. */
export function dynamicFeatures(
  space: ActionSpace,
  truth: readonly (EditOutcome | null)[],
  history: readonly number[],
  budget: number,
  action: number,
): number[] {
  const edits = history.filter((a) => !isOpen(space, a));
  const of = (a: number) => truth[a]!.class;
  const partial = edits.findLast((a) => of(a) === 'partial');
  const plausible = edits.some((a) => of(a) === 'fixed');
  const last = edits.at(-1);
  const out: number[] = [];
  if (isOpen(space, action)) {
    const opened = history.length - edits.length;
    out.push(16 + Math.min(3, opened), 20 + (edits.length === 0 ? 0 : edits.length < 3 ? 1 : edits.length < 5 ? 2 : 3));
    if (edits.some((a) => of(a) === 'different')) out.push(24);
    else if (edits.length > 0) out.push(25);
    if (plausible) out.push(27);
    if (partial !== undefined) out.push(28);
    if (budget - history.length === 1) out.push(29);
    if (budget - history.length === 2) out.push(30);
    return out;
  }
  const f = space.function_of[action];
  const tries = edits.filter((a) => space.function_of[a] === f).length;
  out.push(tries < 2 ? tries : tries < 4 ? 2 : 3);
  const onLine = edits.filter((a) => space.lines.of[a] === space.lines.of[action]);
  if (onLine.some((a) => of(a) === 'same')) out.push(4);
  if (onLine.some((a) => of(a) !== 'same')) out.push(5);
  const byOperator = edits.filter((a) => space.operators.of[a] === space.operators.of[action]).length;
  if (byOperator === 1) out.push(6);
  if (byOperator > 1) out.push(7);
  if (last !== undefined && space.function_of[last] === f && of(last) === 'different') out.push(8);
  if (last !== undefined && space.function_of[last] === f && of(last) === 'same') out.push(9);
  if (plausible) out.push(11);
  if (partial !== undefined && space.function_of[partial] === f) out.push(12);
  if (partial !== undefined && space.lines.of[partial] === space.lines.of[action]) out.push(13);
  if (edits.some((a) => space.sites.of[a] === space.sites.of[action])) out.push(14);
  return out;
}
