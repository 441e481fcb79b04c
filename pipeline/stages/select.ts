import * as z from 'zod';
import { Scores, Selections } from '../../schemas/scores.ts';
import { Tasks } from '../../schemas/tasks.ts';
import { SELECTION_POLICIES, type SelectionPolicyName } from '../selection/policies.ts';
import { select as selectTasks } from '../selection/select.ts';
import { current, defineStage } from '../stage.ts';

const policyNames = Object.keys(SELECTION_POLICIES) as [SelectionPolicyName, ...SelectionPolicyName[]];

export const selectParams = z.object({
  policy: z.enum(policyNames).default('cos_unc'),
  /** Most tasks to keep. */
  budget: z.int().min(1).default(32),
  /** Most tasks of one skill and of one repository; no limit when null. */
  quota_per_skill: z.int().min(1).nullable().default(null),
  quota_per_repository: z.int().min(1).nullable().default(null),
});

/** Chooses the round's training set within a budget. */
export const select = defineStage({
  name: 'select',
  version: 1,
  reads: { tasks: current(Tasks), scores: current(Scores) },
  writes: { selections: Selections },
  params: selectParams,
  ports: [],
  run({ tasks, scores }, { params, seed }) {
    const taskOf = new Map(tasks.map((task) => [task.task_id, task]));
    const candidates = scores
      .filter((s) => s.is_valid)
      .map((s) => {
        const { repository_id, skill_id } = taskOf.get(s.task_id)!;
        return {
          task_id: s.task_id,
          repository_id,
          skill_id,
          cosine: s.cosine,
          dot: s.dot,
          pass_rate: s.pass_rate ?? 0,
          reward_variance: s.variance ?? 0,
        };
      });
    const rows = selectTasks(candidates, { ...params, seed });
    const selected = rows.filter((row) => row.rank !== null);
    const left = rows.filter((row) => row.rank === null);
    return {
      tables: {
        selections: selected.map((row) => ({
          task_id: row.task_id,
          rank: row.rank!,
          policy: row.policy,
          value: row.score,
          bucket: `${row.skill_id ?? 'untargeted'} ${row.repository_id}`,
          reason: row.reason,
        })),
      },
      dropped: Object.fromEntries(
        Map.groupBy(left, (r) => r.reason)
          .entries()
          .map(([reason, list]) => [reason, list.length]),
      ),
    };
  },
});
