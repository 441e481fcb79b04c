import { EPSILON, mean, standardDeviation, standardised } from './normalise.ts';
import { REWARD_WEIGHTS, type RewardComponents } from './rewards.ts';

export interface GdpoOptions {
  /** Weight of each component after its own normalisation: before, it would cancel in the component's deviation. */
  weights?: RewardComponents;
  /** Least standard deviation of a component. Without it one broken test in a thousand weighs as much as a failed repair. */
  std_floor?: number;
  /** Standardise over all rollouts of the batch at the end. */
  whiten_batch?: boolean;
}

/** Floor that the prototype of SOLVER 2.4 trained with. METHOD 4 names 0.01 as the least that is safe. */
export const STD_FLOOR = 0.05;

/**
 * GDPO advantages (arXiv 2601.05242) of a batch: groups of rollouts, one group per task. Each reward component is
 * standardised in its group, then the weighted sum is taken. A group in which every component agrees gets exact zeros,
 * also after whitening.
 */
export function gdpoAdvantages(
  groups: readonly (readonly RewardComponents[])[],
  { weights = REWARD_WEIGHTS, std_floor = STD_FLOOR, whiten_batch = false }: GdpoOptions = {},
): number[][] {
  const advantages = groups.map((group) => groupAdvantages(group, weights, std_floor));
  return whiten_batch ? whitened(advantages) : advantages;
}

function groupAdvantages(group: readonly RewardComponents[], weights: RewardComponents, floor: number): number[] {
  const sums = group.map(() => 0);
  for (const [m, weight] of weights.entries()) {
    const component = standardised(
      group.map((rewards) => rewards[m]!),
      floor,
    );
    for (const [i, value] of component.entries()) sums[i]! += weight * value;
  }
  return sums;
}

function whitened(advantages: readonly number[][]): number[][] {
  const all = advantages.flat();
  const centre = mean(all);
  const deviation = standardDeviation(all) + EPSILON;
  const isZero = (group: readonly number[]) => group.every((x) => x === 0);
  return advantages.map((group) => (isZero(group) ? group : group.map((x) => (x - centre) / deviation)));
}
