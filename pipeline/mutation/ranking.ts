import { child } from './nodes.ts';
import type { Scope } from './scope.ts';
import type { Donor } from './types.ts';

/** Closeness of each function of the module to the one at hand: itself, then its class, then like names. */
export function closenessOf({ module, fn, likeness }: Scope): number[] {
  return module.functions.map((other) => {
    if (other === fn) return 1;
    return (other.class_name === fn.class_name ? 0.7 : 0) + 0.2 * likeness.between(other.name, fn.name);
  });
}

/** Donors in scope, each text once: from close functions first, and those that use the names of this one. */
export function rankDonors(pool: readonly Donor[], scope: Scope): Donor[] {
  const best = new Map<string, { donor: Donor; fit: number }>();
  for (const donor of pool) {
    if (!donor.names.every((name) => scope.knows(name))) continue;
    const shared = donor.names.filter((name) => scope.locals.has(name)).length;
    const fit = scope.closeness[donor.from]! + 0.3 * Math.min(3, shared);
    if (fit > (best.get(donor.text)?.fit ?? Number.NEGATIVE_INFINITY)) best.set(donor.text, { donor, fit });
  }
  const ranked = [...best.values()].sort((a, b) => b.fit - a.fit || a.donor.node.start - b.donor.node.start);
  return ranked.map(({ donor }) => donor);
}

/** Conditional expressions by the text of each of their branches. */
export function ternariesByBranch(donors: readonly Donor[], text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const donor of donors) {
    for (const branch of [child(donor.node, 'then'), child(donor.node, 'otherwise')]) {
      if (!branch) continue;
      const key = text.slice(branch.start, branch.end);
      found.set(key, [...(found.get(key) ?? []), donor.text]);
    }
  }
  return found;
}
