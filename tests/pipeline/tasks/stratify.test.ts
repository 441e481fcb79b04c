import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stratified } from '../../../pipeline/tasks/stratify.ts';
import type { TrustedSpec } from '../../../pipeline/tasks/trusted-spec.ts';

const spec = fc.record({
  repository: fc.constantFrom('a', 'b'),
  version: fc.constant('1'),
  language: fc.constantFrom('python' as const, 'javascript' as const),
  split: fc.constant('validation' as const),
  path: fc.constant('p'),
  symbol: fc.constant('f'),
  operator: fc.constantFrom('x', 'y', 'z'),
  start: fc.nat(),
  end: fc.nat(),
  replacement: fc.string(),
  difficulty: fc.constantFrom('first' as const, 'near' as const, 'far' as const),
  fail_to_pass_digest: fc.constant('0'.repeat(16)),
}) satisfies fc.Arbitrary<TrustedSpec>;
const specs = fc.uniqueArray(spec, {
  selector: (s) => `${s.repository} ${s.start} ${s.end} ${s.replacement}`,
  maxLength: 60,
});

const stratum = (s: TrustedSpec): string => `${s.language} ${s.difficulty} ${s.operator}`;

it('takes as many as wanted, evenly over the strata, whatever the order', () => {
  fc.assert(
    fc.property(specs, fc.nat({ max: 40 }), (all, wanted) => {
      const taken = stratified(all, wanted);
      expect(taken.length).toBe(Math.min(wanted, all.length));
      expect(new Set(taken).size).toBe(taken.length);
      expect(stratified([...all].reverse(), wanted)).toEqual(taken);
      const [had, got] = [Map.groupBy(all, stratum), Map.groupBy(taken, stratum)];
      const most = Math.max(0, ...[...got.values()].map((list) => list.length));
      for (const [name, list] of had)
        expect(got.get(name)?.length ?? 0).toBeGreaterThanOrEqual(Math.min(list.length, most - 1));
    }),
  );
});
