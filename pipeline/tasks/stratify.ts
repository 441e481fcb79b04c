import { sha256 } from '../hash.ts';
import type { TrustedSpec } from './trusted-spec.ts';

/** Takes turns over (language, difficulty, operator) until enough are taken; in order of place at the end. */
export function stratified(specs: readonly TrustedSpec[], wanted: number): TrustedSpec[] {
  const strata = new Map<string, TrustedSpec[]>();
  for (const spec of [...specs].sort(byDigest)) {
    const key = `${spec.language} ${spec.difficulty} ${spec.operator}`;
    strata.set(key, [...(strata.get(key) ?? []), spec]);
  }
  const piles = [...strata.keys()].sort(alternating).map((key) => strata.get(key)!);
  const taken: TrustedSpec[] = [];
  while (taken.length < wanted && piles.some((pile) => pile.length > 0)) {
    for (const pile of piles) {
      const spec = pile.shift();
      if (spec && taken.length < wanted) taken.push(spec);
    }
  }
  return taken.sort(byDigest);
}

const digestOf = (spec: TrustedSpec): string =>
  sha256([spec.repository, spec.path, spec.start, spec.end, spec.replacement].join('\n'));

/** An order that has nothing to do with repository or place, so that the first n of the list are a fair sample. */
const byDigest = (a: TrustedSpec, b: TrustedSpec): number => (digestOf(a) < digestOf(b) ? -1 : 1);

const alternating = (a: string, b: string): number => (sha256(a) < sha256(b) ? -1 : 1);
