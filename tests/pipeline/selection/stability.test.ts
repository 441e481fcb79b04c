import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../pipeline/random.ts';
import { stability } from '../../../pipeline/selection/stability.ts';

const noisyDirection = (count: number, noise: number): Float32Array[] => {
  const random = seededRandom('v');
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0) + noise * (random() - 0.5)),
  );
};

describe('stability', () => {
  it('grows with the number of tasks', () => {
    const rows = stability(noisyDirection(80, 2), [5, 20, 40], { seed: '1' });
    expect(rows.map((row) => row.n)).toEqual([5, 20, 40]);
    for (const key of ['split_half', 'bootstrap', 'bootstrap_low'] as const) {
      const values = rows.map((row) => row[key]!);
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    expect(rows.every((row) => row.bootstrap_low <= row.bootstrap && row.bootstrap <= row.bootstrap_high)).toBe(true);
  });

  it('is 1 for tasks that agree, whatever their length', () => {
    const vectors = [1, 5, 0.1, 2].map((length) => Float32Array.from([length, 2 * length]));
    const [row] = stability(vectors, [2], { seed: '1' });
    expect(row!.split_half).toBeCloseTo(1, 12);
    expect(row!.bootstrap).toBeCloseTo(1, 12);
  });

  it('has no halves when there are too few tasks, no NaN for zero gradients, and no rows without tasks', () => {
    const [row] = stability([new Float32Array(4), new Float32Array(4)], [2], { seed: '1' });
    expect(row).toMatchObject({ split_half: null, bootstrap: 0, bootstrap_low: 0, bootstrap_high: 0 });
    expect(stability([], [2], { seed: '1' })).toEqual([]);
  });

  it('is the same for the same seed', () => {
    const vectors = noisyDirection(20, 2);
    expect(stability(vectors, [4], { seed: '1' })).toEqual(stability(vectors, [4], { seed: '1' }));
  });
});
