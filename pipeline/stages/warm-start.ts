import * as z from 'zod';
import { Policies } from '../../schemas/policies.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import type { Challenge } from '../arena/arena.ts';
import { type ArenaPort, openAll, tasksAtOnce, validTasks } from '../arena/attempt.ts';
import { storeCheckpoint } from '../arena/policies.ts';
import { mapLimit } from '../concurrency.ts';
import type { Harness, ObjectStore } from '../ports.ts';
import { raced } from '../random.ts';
import { MlpPolicy } from '../solver/mlp.ts';
import { LogLinearPolicy } from '../solver/policy.ts';
import { bootstrap, current, defineStage } from '../stage.ts';
import { Adam } from '../training/adam.ts';
import { type Demonstration, warmStart } from '../training/warm-start.ts';

export const warmStartParams = z.object({
  kind: z.enum(['loglinear', 'mlp']).default('loglinear'),
  /** Feature buckets of the policy. */
  buckets: z
    .int()
    .refine((n) => n >= 2 && Number.isInteger(Math.log2(n)), 'expected a power of two')
    .default(1 << 18),
  /** Tasks searched exhaustively for repairs to imitate. */
  tasks: z.int().min(0).default(16),
  epochs: z.int().min(1).default(3),
  learning_rate: z.number().positive().default(0.02),
});

/**
 * Round 0: checkpoint 0. Tries every edit of a few seed tasks and imitates those that repair them: execution is the
 * teacher, no answer key is read.
 */
export const warmStartStage = defineStage({
  name: 'warm_start',
  version: 2,
  reads: {
    repositories: bootstrap(Repositories),
    tasks: current(Tasks),
    answer_keys: current(AnswerKeys),
    verdicts: current(Verdicts),
  },
  writes: { policies: Policies },
  params: warmStartParams,
  ports: ['arena', 'harness', 'objects'],
  async run({ repositories, tasks, answer_keys, verdicts }, { params, ports, seed, random, progress }) {
    const { arena, objects, harness } = ports as unknown as {
      arena: ArenaPort;
      objects: ObjectStore;
      harness: Harness;
    };
    const before = { ...harness.executions };
    const chosen = raced(validTasks(tasks, verdicts), { chance: String(random()), name: ({ task_id }) => task_id });
    const demonstrations: Demonstration[] = [];
    const challenges = (await openAll(arena.of(repositories), chosen.slice(0, 3 * params.tasks), answer_keys)).filter(
      (c) => c !== null,
    );
    for (let at = 0; at < challenges.length && demonstrations.length < params.tasks; at += tasksAtOnce) {
      const found = await mapLimit(challenges.slice(at, at + tasksAtOnce), tasksAtOnce, demonstrationOf);
      demonstrations.push(...found.filter((d) => d.repairs.length > 0));
      progress(Math.min(demonstrations.length, params.tasks), params.tasks);
    }
    const policy = params.kind === 'mlp' ? MlpPolicy.random(seed, params.buckets) : new LogLinearPolicy(params.buckets);
    const used = demonstrations.slice(0, params.tasks);
    warmStart({ policy, demonstrations: used, seed, epochs: params.epochs, learning_rate: params.learning_rate });
    const stored = await storeCheckpoint(
      { policy, optimiser: new Adam(policy.parameterCount, { learning_rate: params.learning_rate }) },
      objects,
    );
    const row = {
      ...stored,
      parent_id: null,
      trainer: 'warm_start',
      seed,
      trained_on: JSON.stringify(used.map((d) => d.task_id).sort()),
      settings: JSON.stringify(params),
      step_count: params.epochs,
      mean_reward: 0,
    };
    return {
      tables: { policies: [row] },
      usage: {
        executions: harness.executions.asked - before.asked,
        unique_executions: harness.executions.unique - before.unique,
      },
    };
  },
});

/** Tries every edit of a task and names those that repair it. */
async function demonstrationOf({ prepared, outcomes, execute, task }: Challenge): Promise<Demonstration> {
  const actions = prepared.actions.flatMap((action, index) =>
    action.kind === 'edit' && !outcomes.has(index) ? [index] : [],
  );
  const found = await execute(actions);
  for (const [i, action] of actions.entries()) outcomes.set(action, found[i]!);
  const repairs = prepared.actions.flatMap((action, index) =>
    action.kind === 'edit' && outcomes.get(index).full ? [index] : [],
  );
  return { task_id: task.task_id, space: prepared.space, repairs };
}
