import type { Repository } from '../../schemas/repositories.ts';
import type { AnswerKey, Task } from '../../schemas/tasks.ts';
import type { Verdict } from '../../schemas/verdicts.ts';
import { mapLimit } from '../concurrency.ts';
import { type RolloutRequest, type Rollouts, runRollouts } from '../solver/episode.ts';
import type { Policy } from '../solver/policy.ts';
import type { TrainingTask } from '../training/trainer.ts';
import type { Arena, Challenge } from './arena.ts';

/** Opens challenges by the tables a stage read. One arena serves all stages of a process. */
export interface ArenaPort {
  /** Version of actions and features, and the harness behind them. */
  readonly id: string;
  of(repositories: readonly Repository[]): Arena;
}

/** Tasks worked on side by side; the harness decides how many run at a time. */
export const tasksAtOnce = 6;

/** Tasks that all four gates let through, in order of id. */
export function validTasks(tasks: readonly Task[], verdicts: readonly Verdict[]): Task[] {
  const passed = new Set(verdicts.filter((v) => v.gate === 'semantics' && v.passed).map((v) => v.task_id));
  return tasks.filter((task) => passed.has(task.task_id)).sort((a, b) => (a.task_id < b.task_id ? -1 : 1));
}

/** Opens tasks with their answer keys; null where the failing test does not fail here. */
export function openAll(
  arena: Arena,
  tasks: readonly Task[],
  keys: readonly AnswerKey[],
): Promise<(Challenge | null)[]> {
  const keyOf = new Map(keys.map((key) => [key.task_id, key]));
  return mapLimit(tasks, tasksAtOnce, (task) => {
    const key = keyOf.get(task.task_id);
    if (!key) throw new Error(`task ${task.task_id} has no answer key`);
    return arena.open(task, key);
  });
}

export interface AttemptOptions {
  policy: Policy;
  /** With the task and the attempt's number it seeds each episode. */
  checkpoint_id: string;
  count: number;
}

/** Runs `count` episodes of a policy at one task. */
export const attempt = ({ prepared, outcomes, task, execute }: Challenge, options: AttemptOptions): Promise<Rollouts> =>
  runRollouts({ space: prepared.space, outcomes, task_id: task.task_id, ...options }, execute);

/** A challenge as the trainer sees it. */
export type TrainableChallenge = TrainingTask & { challenge: Challenge };

export const trainable = (challenge: Challenge): TrainableChallenge => ({
  task_id: challenge.task.task_id,
  space: challenge.prepared.space,
  outcomes: challenge.outcomes,
  challenge,
});

export const trainingRollouts = (task: TrainableChallenge, request: RolloutRequest): Promise<Rollouts> =>
  runRollouts(request, task.challenge.execute);
