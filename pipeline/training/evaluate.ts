import type { Policy } from '../solver/policy.ts';
import type { RolloutProvider, TrainingTask } from './trainer.ts';

export interface EvaluateOptions<T extends TrainingTask> {
  policy: Policy;
  tasks: readonly T[];
  rollouts: RolloutProvider<T>;
  /** Episodes per task. */
  count: number;
  seed: string;
  budget?: number;
  temperature?: number;
}

/** Share of episodes that repair each task, by task id, in the order given. */
export async function passRates<T extends TrainingTask>(options: EvaluateOptions<T>): Promise<Map<string, number>> {
  const { policy, tasks, rollouts, count, seed, budget, temperature } = options;
  const rates = new Map<string, number>();
  for (const task of tasks) {
    const { space, outcomes, task_id } = task;
    const request = { space, outcomes, task_id, policy, count, budget, temperature, checkpoint_id: `${seed}|evaluate` };
    const episodes = (await rollouts(task, request)).episodes();
    rates.set(task_id, episodes.filter((episode) => episode.is_solved).length / count);
  }
  return rates;
}
