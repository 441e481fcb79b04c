import * as z from 'zod';
import { Evaluations, Policies } from '../../schemas/policies.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { TrustedAnswerKeys, TrustedTasks } from '../../schemas/tasks.ts';
import { type ArenaPort, attempt, openAll, tasksAtOnce } from '../arena/attempt.ts';
import { loadCheckpoint } from '../arena/policies.ts';
import { mapLimit } from '../concurrency.ts';
import type { Harness, ObjectStore } from '../ports.ts';
import { bootstrap, current, defineStage } from '../stage.ts';

/** How the round's checkpoint does on tasks of repositories that nothing was trained on. */
export const evaluate = defineStage({
  name: 'evaluate',
  version: 1,
  reads: {
    repositories: bootstrap(Repositories),
    trusted_tasks: bootstrap(TrustedTasks),
    trusted_answer_keys: bootstrap(TrustedAnswerKeys),
    policies: current(Policies),
  },
  writes: { evaluations: Evaluations },
  params: z.object({
    /** Attempts per task. */
    attempts: z.int().min(1).default(8),
  }),
  ports: ['arena', 'harness', 'objects'],
  async run({ repositories, trusted_tasks, trusted_answer_keys, policies }, { params, ports, progress }) {
    const { arena, objects, harness } = ports as unknown as {
      arena: ArenaPort;
      objects: ObjectStore;
      harness: Harness;
    };
    const before = { ...harness.executions };
    const { policy, row } = await loadCheckpoint(policies, objects);
    const held_out = trusted_tasks.filter((task) => task.split === 'held_out');
    const challenges = await openAll(arena.of(repositories), held_out, trusted_answer_keys);
    let done = 0;
    const rows = await mapLimit(challenges, tasksAtOnce, async (challenge, index) => {
      const task = held_out[index]!;
      const episodes = challenge
        ? (
            await attempt(challenge, { policy, checkpoint_id: `${row.policy_id}/evaluate`, count: params.attempts })
          ).episodes()
        : [];
      progress(++done, held_out.length);
      if (episodes.length === 0) return [];
      const steps = episodes.reduce((sum, e) => sum + e.steps.length, 0) / episodes.length;
      return [
        {
          policy_id: row.policy_id,
          task_id: task.task_id,
          repository_id: task.repository_id,
          split: 'held_out' as const,
          attempt_count: episodes.length,
          solved_count: episodes.filter((e) => e.is_solved).length,
          mean_steps: steps,
        },
      ];
    });
    return {
      tables: { evaluations: rows.flat() },
      dropped: { not_reproducible: challenges.filter((c) => c === null).length },
      usage: {
        executions: harness.executions.asked - before.asked,
        unique_executions: harness.executions.unique - before.unique,
      },
    };
  },
});
