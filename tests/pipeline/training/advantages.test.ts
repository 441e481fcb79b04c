import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gdpoAdvantages } from '../../../pipeline/training/gdpo.ts';
import { grpoAdvantages } from '../../../pipeline/training/grpo.ts';
import { type RewardComponents, rewardComponents, solverReward } from '../../../pipeline/training/rewards.ts';
import { outcome } from '../solver/world.ts';

/** METHOD 4: rows are full, fix, keep. */
const GROUPS: RewardComponents[][] = [
  [
    [1, 1, 1],
    [0, 1, 0.99],
    [0, 0.5, 1],
    [0, 0, 1],
  ],
  [
    [0, 0.5, 1],
    [0, 0.5, 1],
    [0, 0, 0.9],
    [1, 1, 1],
  ],
];

const expectClose = (found: readonly number[][], expected: readonly number[][]) => {
  for (const [g, row] of expected.entries()) {
    for (const [i, value] of row.entries()) expect(Math.abs(found[g]![i]! - value)).toBeLessThan(1e-6);
  }
};

describe('advantages of METHOD 4', () => {
  const plain = { std_floor: 0 };
  const unweighted = { ...plain, weights: [1, 1, 1] as const };

  it('GRPO on the weighted sum', () => {
    expectClose(
      GROUPS.map((group) => grpoAdvantages(group.map((row) => solverReward(row)))),
      [
        [1.404573, -0.040295, -0.466272, -0.898006],
        [-0.331119, -0.331119, -0.800204, 1.462442],
      ],
    );
  });

  it.each([
    {
      name: 'GDPO, unweighted',
      options: unweighted,
      expected: [
        [2.773082, -1.187302, -0.270766, -1.315014],
        [-0.000898, -0.000898, -3.221351, 3.223147],
      ],
    },
    {
      name: 'GDPO, unweighted, batch-whitened',
      options: { ...unweighted, whiten_batch: true },
      expected: [
        [1.303709, -0.558187, -0.127295, -0.618228],
        [-0.000422, -0.000422, -1.514454, 1.515299],
      ],
    },
    {
      name: 'GDPO, weights after normalisation',
      options: plain,
      expected: [
        [1.082845, -0.309112, -0.230229, -0.543504],
        [-0.15015, -0.15015, -0.916685, 1.216984],
      ],
    },
    {
      name: 'GDPO, weights after normalisation, batch-whitened',
      options: { ...plain, whiten_batch: true },
      expected: [
        [1.435341, -0.409736, -0.305175, -0.720429],
        [-0.199027, -0.199027, -1.215091, 1.613146],
      ],
    },
  ])('$name', ({ options, expected }) => {
    expectClose(gdpoAdvantages(GROUPS, options), expected);
  });
});

describe('gdpoAdvantages', () => {
  const component = fc.constantFrom(0, 0.25, 0.5, 0.9, 1);
  const group = fc.array(fc.tuple(component, component, component), { minLength: 1, maxLength: 8 });

  it('sums to zero in every group', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), (groups) => {
        for (const row of gdpoAdvantages(groups)) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
      }),
    );
  });

  it('is exactly zero for a group that agrees, whitened or not', () => {
    fc.assert(
      fc.property(
        fc.tuple(component, component, component),
        fc.integer({ min: 1, max: 64 }),
        fc.boolean(),
        (row, n, whiten_batch) => {
          const [same] = gdpoAdvantages([Array.from({ length: n }, () => row), ...GROUPS], { whiten_batch });
          expect(same!.every((x) => x === 0)).toBe(true);
        },
      ),
    );
  });

  it('sees a difference that the weighted sum hides', () => {
    const rows: RewardComponents[] = [
      [0, 0, 1],
      [0, 2 / 3, 0],
    ];
    expect(grpoAdvantages(rows.map((row) => solverReward(row)))).toEqual([0, 0]);
    expect(gdpoAdvantages([rows])[0]!.some((x) => x !== 0)).toBe(true);
  });

  it('is tamed by the floor where one broken test in a thousand would count like a failed repair', () => {
    const rows: RewardComponents[] = Array.from({ length: 8 }, (_, i) => [0, 0, i === 0 ? 0.999 : 1]);
    const worst = (std_floor: number) => gdpoAdvantages([rows], { std_floor, weights: [1, 1, 1] })[0]![0]!;
    expect(worst(0)).toBeLessThan(-1.8);
    expect(worst(0.01)).toBeGreaterThan(-0.1);
  });
});

describe('rewardComponents', () => {
  it.each([
    { submission: null, expected: [0, 0, 1], reward: 0.2 },
    { submission: outcome('fixed', { full: true }), expected: [1, 1, 1], reward: 1 },
    { submission: outcome('partial', { pass_to_pass_fraction: 0.9 }), expected: [0, 0.5, 0.9], reward: 0.33 },
    { submission: outcome('fixed', { pass_to_pass_fraction: 0.5 }), expected: [0, 1, 0.5], reward: 0.4 },
  ])('$expected is worth $reward', ({ submission, expected, reward }) => {
    expect(rewardComponents(submission)).toEqual(expected);
    expect(solverReward(rewardComponents(submission))).toBeCloseTo(reward, 12);
  });

  it('can make keeping depend on fixing', () => {
    expect(rewardComponents(null, { keep_needs_fix: true })).toEqual([0, 0, 0]);
    expect(rewardComponents(outcome('partial'), { keep_needs_fix: true })).toEqual([0, 0.5, 1]);
  });
});
