import type { Random } from '../random.ts';
import type { CandidateEdit } from './types.ts';

/** How much more likely a family, or a family at a kind of node, is to be drawn. 1 where nothing is said. */
export interface SampleWeights {
  readonly operators?: Readonly<Record<string, number>>;
  /** Keys are `operator context`, for example `arg_swap call`; they multiply the operator's weight. */
  readonly contexts?: Readonly<Record<string, number>>;
}

export interface SampleOptions {
  readonly random: Random;
  readonly weights?: SampleWeights;
}

/** Key of `SampleWeights.contexts`. */
export const contextKey = ({ operator, context }: Pick<CandidateEdit, 'operator' | 'context'>): string =>
  `${operator} ${context}`;

interface Group<T> {
  readonly weight: number;
  readonly left: T[];
}

/**
 * Draws bugs one after another without replacement: first a family (with its kind of node), then a site in it, so
 * that families with many sites do not crowd out the others. A weight of 0 leaves a group out. Ends when all are drawn.
 */
export function* sampleBugs<T extends CandidateEdit>(
  candidates: readonly T[],
  { random, weights = {} }: SampleOptions,
): Generator<T> {
  const groups = grouped(candidates, weights);
  while (groups.length > 0) {
    const at = drawGroup(groups, random);
    const group = groups[at]!;
    const [drawn] = group.left.splice(Math.floor(random() * group.left.length), 1);
    if (group.left.length === 0) groups.splice(at, 1);
    yield drawn!;
  }
}

/** A family's weight is shared by its kinds of nodes. */
function grouped<T extends CandidateEdit>(candidates: readonly T[], weights: SampleWeights): Group<T>[] {
  const by_key = new Map<string, T[]>();
  const kinds = new Map<string, Set<string>>();
  for (const edit of candidates) {
    const key = contextKey(edit);
    const group = by_key.get(key) ?? [];
    by_key.set(key, group);
    group.push(edit);
    kinds.set(edit.operator, (kinds.get(edit.operator) ?? new Set()).add(edit.context));
  }
  const groups = [...by_key]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, left]) => {
      const { operator } = left[0]!;
      const weight =
        ((weights.operators?.[operator] ?? 1) * (weights.contexts?.[key] ?? 1)) / kinds.get(operator)!.size;
      return { weight, left };
    });
  return groups.filter(({ weight }) => weight > 0);
}

function drawGroup<T>(groups: readonly Group<T>[], random: Random): number {
  const total = groups.reduce((sum, { weight }) => sum + weight, 0);
  let rest = random() * total;
  for (const [at, { weight }] of groups.entries()) {
    rest -= weight;
    if (rest < 0) return at;
  }
  return groups.length - 1;
}
