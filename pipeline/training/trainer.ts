import { seededRandom, shuffled } from '../random.ts';
import type { ActionSpace } from '../solver/action-space.ts';
import { type ExecuteEdits, type RolloutRequest, type Rollouts, runRollouts } from '../solver/episode.ts';
import { addPolicyGradient, type GradientOptions } from '../solver/gradient.ts';
import type { OutcomeTable } from '../solver/outcomes.ts';
import type { Policy } from '../solver/policy.ts';
import { Adam } from './adam.ts';
import { type GdpoOptions, gdpoAdvantages } from './gdpo.ts';
import { grpoAdvantages } from './grpo.ts';
import { type RewardComponents, rewardComponents, solverReward } from './rewards.ts';

/** A task to train on, with the outcomes known so far. */
export interface TrainingTask {
  task_id: string;
  space: ActionSpace;
  outcomes: OutcomeTable;
}

/** Where rollouts come from: runs all episodes of a request to their end. */
export type RolloutProvider<T extends TrainingTask = TrainingTask> = (
  task: T,
  request: RolloutRequest,
) => Promise<Rollouts>;

/** A provider that executes what its tasks' tables do not hold yet. */
export const executingProvider =
  <T extends TrainingTask>(execute: (task: T) => ExecuteEdits): RolloutProvider<T> =>
  (task, request) =>
    runRollouts(request, execute(task));

export type AdvantageRule = { kind: 'gdpo'; options?: GdpoOptions } | { kind: 'grpo' };

export interface TrainOptions<T extends TrainingTask> {
  /** Changed in place. */
  policy: Policy;
  tasks: readonly T[];
  rollouts: RolloutProvider<T>;
  steps: number;
  seed: string;
  /** Tasks per step. */
  batch?: number;
  /** Rollouts per task. */
  group?: number;
  /** Used when no optimiser is given. */
  learning_rate?: number;
  /** Kept from an earlier round; a new one when left out. */
  optimiser?: Adam;
  advantages?: AdvantageRule;
  gradient?: Pick<GradientOptions, 'per_step'>;
  budget?: number;
  on_step?: (step: TrainStep) => void;
}

/** What one step did. */
export interface TrainStep {
  step: number;
  /** Share of rollouts that repaired their task, and mean reward r_S. */
  solved: number;
  reward: number;
  /** Tasks whose rollouts taught nothing because they all agreed. */
  zero_gradient_tasks: number;
  gradient_norm: number;
}

/**
 * Trains a policy by on-policy gradient steps, one batch of tasks each, GDPO unless told otherwise. Tasks come in
 * random order, all once before any again. The same seed and outcomes give the same parameters, bit for bit.
 */
export async function trainPolicy<T extends TrainingTask>(
  options: TrainOptions<T>,
): Promise<{ optimiser: Adam; steps: TrainStep[] }> {
  const { policy, tasks, steps, batch = 16, learning_rate = 0.02, on_step } = options;
  const optimiser = options.optimiser ?? new Adam(policy.parameterCount, { learning_rate });
  if (tasks.length === 0) return { optimiser, steps: [] };
  const draw = taskQueue(tasks, options.seed);
  const done: TrainStep[] = [];
  for (let step = 0; step < steps; step++) {
    const gradient = new Float64Array(policy.parameterCount);
    const report = await addBatchGradient(options, draw(batch), step, gradient);
    optimiser.step(policy.parameters, gradient);
    on_step?.(report);
    done.push(report);
  }
  return { optimiser, steps: done };
}

/** Draws tasks in shuffled order, reshuffling when all were drawn. */
function taskQueue<T extends TrainingTask>(tasks: readonly T[], seed: string): (count: number) => T[] {
  const random = seededRandom(`${seed}|tasks`);
  const ordered = [...tasks].sort((a, b) => (a.task_id < b.task_id ? -1 : 1));
  const queue: T[] = [];
  return (count) => {
    while (queue.length < count) queue.push(...shuffled(ordered, random));
    return queue.splice(0, count);
  };
}

async function addBatchGradient<T extends TrainingTask>(
  { policy, rollouts, seed, group = 8, budget, advantages: rule = { kind: 'gdpo' }, gradient: kind }: TrainOptions<T>,
  tasks: readonly T[],
  step: number,
  gradient: Float64Array,
): Promise<TrainStep> {
  const request = (task: T, slot: number): RolloutRequest => ({
    ...{ space: task.space, outcomes: task.outcomes, task_id: task.task_id, policy, count: group, budget },
    checkpoint_id: `${seed}|step ${step}|slot ${slot}`,
  });
  const groups = await Promise.all(tasks.map((task, slot) => rollouts(task, request(task, slot))));
  const rewards = groups.map(rewardsOf);
  const advantages = batchAdvantages(rewards, rule);
  for (const [i, rolled] of groups.entries()) {
    addPolicyGradient(policy, rolled, advantages[i]!, gradient, { ...kind, scale: 1 / tasks.length });
  }
  return report(step, rewards, advantages, gradient);
}

/** Reward components of finished rollouts, in order of attempt. */
export const rewardsOf = (rollouts: Rollouts): RewardComponents[] =>
  rollouts.episodes().map(({ submission }) => rewardComponents(submission));

/** Advantages of a batch by the named rule. */
export const batchAdvantages = (groups: readonly (readonly RewardComponents[])[], rule: AdvantageRule): number[][] =>
  rule.kind === 'gdpo'
    ? gdpoAdvantages(groups, rule.options)
    : groups.map((group) => grpoAdvantages(group.map((rewards) => solverReward(rewards))));

function report(
  step: number,
  rewards: readonly (readonly RewardComponents[])[],
  advantages: readonly (readonly number[])[],
  gradient: Float64Array,
): TrainStep {
  const all = rewards.flat();
  return {
    step,
    solved: all.reduce((sum, [full]) => sum + full, 0) / all.length,
    reward: all.reduce((sum, components) => sum + solverReward(components), 0) / all.length,
    zero_gradient_tasks: advantages.filter((group) => group.every((x) => x === 0)).length,
    gradient_norm: Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)),
  };
}
