import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jaccard, wilson, zScore } from '../../../pipeline/skills/statistics.ts';

describe('wilson', () => {
  /** From the closed form with z = 1.959964, as other statistics packages print it. */
  it.each([
    [0.5, 10, 0.2366, 0.7634],
    [0, 10, 0, 0.2775],
    [1, 10, 0.7225, 1],
    [0.1, 100, 0.0552, 0.1744],
    [0.9, 20, 0.699, 0.9721],
    [0.5, 1, 0.0546, 0.9454],
  ])('share %s of %s', (share, n, low, high) => {
    const interval = wilson(share, n);
    expect(interval.low).toBeCloseTo(low, 3);
    expect(interval.high).toBeCloseTo(high, 3);
  });

  it('knows nothing from nothing', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('holds the share, inside 0 to 1, narrower with more of the same', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, fc.integer({ min: 1, max: 1e6 }), (p, n) => {
        const { low, high } = wilson(p, n);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low - 1e-9).toBeLessThanOrEqual(p);
        expect(high + 1e-9).toBeGreaterThanOrEqual(p);
        const more = wilson(p, 4 * n);
        expect(more.high - more.low).toBeLessThanOrEqual(high - low + 1e-12);
      }),
    );
  });
});

describe('zScore', () => {
  it.each([
    [0.6, 0.5, 100, 2],
    [0.5, 0.5, 9, 0],
    [0.4, 0.5, 25, -1],
    [1, 1, 9, 0],
    [0, 0, 9, 0],
  ])('share %s against %s over %s', (share, base, n, z) => {
    expect(zScore(share, base, n)).toBeCloseTo(z, 10);
  });
});

describe('jaccard', () => {
  it.each([
    ['', '', 0],
    ['ab', '', 0],
    ['ab', 'ab', 1],
    ['ab', 'bc', 1 / 3],
    ['abc', 'c', 1 / 3],
  ])('%s and %s', (a, b, share) => {
    expect(jaccard(new Set(a), new Set(b))).toBeCloseTo(share, 12);
  });
});
