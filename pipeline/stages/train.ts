import * as z from 'zod';
import { Policies } from '../../schemas/policies.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { Selections } from '../../schemas/scores.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { type ArenaPort, openAll, trainable, trainingRollouts } from '../arena/attempt.ts';
import { loadCheckpoint, storeCheckpoint } from '../arena/policies.ts';
import type { Harness, ObjectStore } from '../ports.ts';
import { bootstrap, defineStage, previous, upTo } from '../stage.ts';
import { trainPolicy } from '../training/trainer.ts';

export const trainParams = z.object({
  loss: z.enum(['gdpo', 'grpo']).default('gdpo'),
  steps: z.int().min(0).default(25),
  batch: z.int().min(1).default(16),
  group: z.int().min(2).default(8),
});

/** Trains the Solver on everything selected so far, from the checkpoint of the round before. */
export const train = defineStage({
  name: 'train',
  version: 1,
  reads: {
    repositories: bootstrap(Repositories),
    tasks: upTo(Tasks),
    answer_keys: upTo(AnswerKeys),
    selections: upTo(Selections),
    policies: previous(Policies),
  },
  writes: { policies: Policies },
  params: trainParams,
  ports: ['arena', 'harness', 'objects'],
  async run({ repositories, tasks, answer_keys, selections, policies }, { params, ports, seed, progress }) {
    const { arena, objects, harness } = ports as unknown as {
      arena: ArenaPort;
      objects: ObjectStore;
      harness: Harness;
    };
    const before = { ...harness.executions };
    const { policy, optimiser, row } = await loadCheckpoint(policies, objects);
    const wanted = new Set(selections.map((s) => s.task_id));
    const curriculum = tasks.filter((task) => wanted.has(task.task_id));
    const challenges = await openAll(arena.of(repositories), curriculum, answer_keys);
    const usable = challenges.filter((c) => c !== null).map(trainable);
    const { steps } = await trainPolicy({
      policy,
      optimiser,
      tasks: usable,
      rollouts: trainingRollouts,
      seed,
      steps: params.steps,
      batch: params.batch,
      group: params.group,
      advantages: { kind: params.loss },
      on_step: ({ step }) => progress(step + 1, params.steps),
    });
    const last = steps.slice(-5);
    const stored = await storeCheckpoint({ policy, optimiser }, objects);
    return {
      tables: {
        policies: [
          {
            ...stored,
            parent_id: row.policy_id,
            trainer: params.loss,
            seed,
            trained_on: JSON.stringify(usable.map((t) => t.task_id).sort()),
            settings: JSON.stringify(params),
            step_count: steps.length,
            mean_reward: last.length === 0 ? 0 : last.reduce((sum, s) => sum + s.reward, 0) / last.length,
          },
        ],
      },
      dropped: { not_reproducible: challenges.length - usable.length },
      usage: {
        executions: harness.executions.asked - before.asked,
        unique_executions: harness.executions.unique - before.unique,
      },
    };
  },
});
