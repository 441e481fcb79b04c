import type { EditOutcome } from '../solver/types.ts';

/** Reward components of one rollout, each 0..1: everything repaired, share of failing tests fixed, share of passing tests kept. */
export type RewardComponents = readonly [full: number, fix: number, keep: number];

/** Weights of full, fix and keep in the Solver's reward (METHOD 4). */
export const REWARD_WEIGHTS: RewardComponents = [0.5, 0.3, 0.2];

export interface RewardOptions {
  /** Keeping tests green counts only when at least one failing test was fixed. Default false, as in the paper. */
  keep_needs_fix?: boolean;
}

/** Components of a submission. Nothing handed in fixes nothing and breaks nothing: [0, 0, 1]. */
export function rewardComponents(
  submission: EditOutcome | null,
  { keep_needs_fix = false }: RewardOptions = {},
): RewardComponents {
  if (!submission) return [0, 0, keep_needs_fix ? 0 : 1];
  const { full, fail_to_pass_fraction: fix, pass_to_pass_fraction: keep } = submission;
  return [full ? 1 : 0, fix, keep_needs_fix && fix === 0 ? 0 : keep];
}

/** r_S: the weighted sum of the components. A no-op earns 0.2, so a positive reward is not success. */
export const solverReward = (components: RewardComponents, weights: RewardComponents = REWARD_WEIGHTS): number =>
  components[0] * weights[0] + components[1] * weights[1] + components[2] * weights[2];
