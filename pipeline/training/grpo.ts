import { standardised } from './normalise.ts';

/** GRPO advantages of the rollouts of one task from their rewards: standardised in the group. Zero when all agree. */
export const grpoAdvantages = (rewards: readonly number[]): number[] => standardised(rewards);
