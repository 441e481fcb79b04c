import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { raced, seededRandom, shuffled } from '../../pipeline/random.ts';

const take = (seed: string, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

describe('seededRandom', () => {
  it('is the same on every machine, for ever', () => {
    expect(take('socratic', 4)).toEqual(GOLDEN);
  });

  it('repeats for a seed, differs between seeds', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(take(a, 5)).toEqual(take(a, 5));
        if (a !== b) expect(take(a, 5)).not.toEqual(take(b, 5));
      }),
    );
  });

  it('is in [0, 1), even, and without memory', () => {
    const values = take('even', 60_000);
    expect(Math.min(...values.slice(0, 30_000))).toBeGreaterThanOrEqual(0);
    expect(values.every((v) => v < 1)).toBe(true);
    const buckets = new Array(20).fill(0);
    for (const v of values) buckets[Math.floor(v * 20)]++;
    const chi = buckets.reduce((sum, n) => sum + (n - 3000) ** 2 / 3000, 0);
    expect(chi).toBeLessThan(43.8);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    const covariance = values.slice(1).reduce((sum, v, i) => sum + (v - mean) * (values[i]! - mean), 0) / values.length;
    expect(Math.abs(covariance * 12)).toBeLessThan(0.02);
  });
});

describe('shuffled', () => {
  it('keeps every item, leaves its input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, seed) => {
        const before = [...items];
        const after = shuffled(items, seededRandom(seed));
        expect(items).toEqual(before);
        expect([...after].sort((a, b) => a - b)).toEqual([...before].sort((a, b) => a - b));
      }),
    );
  });

  it('gives each order equally often', () => {
    const random = seededRandom('orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = shuffled([1, 2, 3], random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const chi = [...counts.values()].reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0);
    expect(chi).toBeLessThan(20.5);
  });
});

const GOLDEN = [0.3038230661768466, 0.0074348298367112875, 0.2424501630011946, 0.9829725646413863];

describe('raced', () => {
  const entrants = ['a', 'b', 'c', 'd', 'e', 'f'];
  const name = (each: string): string => each;

  it('gives everyone once, in an order that no other entrant changes', () => {
    fc.assert(
      fc.property(fc.string(), fc.subarray(entrants), (chance, some) => {
        const all = raced(entrants, { chance, name });
        expect([...all].sort()).toEqual(entrants);
        expect(raced(some, { chance, name })).toEqual(all.filter((each) => some.includes(each)));
      }),
    );
  });

  it('gives the first place in proportion to the weights, and the last to those without', () => {
    const weights: Record<string, number> = { a: 1, b: 2, c: 5, d: 0, e: 2, f: 0 };
    const runs = 4000;
    const firsts = Array.from(
      { length: runs },
      (_, run) => raced(entrants, { chance: `run ${run}`, name, weight: (each) => weights[each]! })[0]!,
    );
    for (const each of entrants)
      expect(firsts.filter((first) => first === each).length / runs).toBeCloseTo(weights[each]! / 10, 1);
    expect(raced(entrants, { chance: 'x', name, weight: (each) => weights[each]! }).slice(4)).toEqual(['d', 'f']);
  });
});
