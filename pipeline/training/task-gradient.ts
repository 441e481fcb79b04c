import type { Rollouts } from '../solver/episode.ts';
import { type GradientOptions, policyGradient } from '../solver/gradient.ts';
import type { Policy } from '../solver/policy.ts';
import { mean, standardDeviation } from './normalise.ts';
import { solverReward } from './rewards.ts';
import { type AdvantageRule, batchAdvantages, rewardsOf } from './trainer.ts';

/** What a group of rollouts says about one task under one checkpoint. */
export interface TaskGradient {
  /** Dense policy gradient; all zero when the rollouts agree. */
  gradient: Float32Array;
  is_zero: boolean;
  /** Share of rollouts that repaired the task. */
  pass_rate: number;
  /** Mean and sample variance of r_S over the rollouts. */
  reward_mean: number;
  reward_variance: number;
  rollout_count: number;
}

/** Gradient and statistics of one task from finished rollouts, GDPO advantages unless told otherwise. */
export function taskGradient(
  policy: Policy,
  rollouts: Rollouts,
  rule: AdvantageRule = { kind: 'gdpo' },
  options?: Pick<GradientOptions, 'per_step'>,
): TaskGradient {
  const components = rewardsOf(rollouts);
  const rewards = components.map((row) => solverReward(row));
  const [advantages] = batchAdvantages([components], rule);
  return {
    gradient: policyGradient(policy, rollouts, advantages!, options),
    is_zero: advantages!.every((x) => x === 0),
    pass_rate: mean(components.map(([full]) => full)),
    reward_mean: mean(rewards),
    reward_variance: standardDeviation(rewards) ** 2,
    rollout_count: components.length,
  };
}
