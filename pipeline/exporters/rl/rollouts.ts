import { type Trace, Traces } from '../../../schemas/traces.ts';
import { gdpoAdvantages } from '../../training/gdpo.ts';
import { grpoAdvantages } from '../../training/grpo.ts';
import type { RewardComponents } from '../../training/rewards.ts';
import type { Warehouse } from '../../warehouse/store.ts';
import type { CuratedTask } from '../curated.ts';
import type { Rows, Type } from '../rows.ts';

const columns = {
  trace_id: 'string',
  task_id: 'string',
  group_id: 'string',
  policy_id: 'string',
  attempt: 'int64',
  full_repair: 'float64',
  partial_repair: 'float64',
  preservation: 'float64',
  reward: 'float64',
  advantage_grpo: 'float64',
  advantage_gdpo: 'float64',
  outcome: 'string',
  step_count: 'int64',
} as const satisfies Record<string, Type>;

type Rollout = Trace & { reward: number; full_repair: number; partial_repair: number; preservation: number };

/** Attempts of the round at the exported tasks, one group per task and checkpoint, with their advantages in it. */
export async function rolloutsOf(store: Warehouse, round: number, tasks: readonly CuratedTask[]): Promise<Rows> {
  const wanted = new Set(tasks.map(({ task }) => task.task_id));
  const rollouts = (await store.read(Traces, round))
    .filter((trace): trace is Rollout => wanted.has(trace.task_id ?? '') && isRewarded(trace))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const groups = [...Map.groupBy(rollouts, groupOf).values()];
  return { columns, rows: groups.flatMap(rowsOf) };
}

const isRewarded = ({ reward, full_repair, partial_repair, preservation }: Trace): boolean =>
  [reward, full_repair, partial_repair, preservation].every((value) => value !== null);

const groupOf = ({ task_id, policy_id }: Trace): string => `${task_id}/${policy_id}`;
const keyOf = (trace: Trace): string => `${groupOf(trace)}/${String(trace.attempt).padStart(6, '0')}/${trace.trace_id}`;

function rowsOf(group: Rollout[]): Record<keyof typeof columns, unknown>[] {
  const vectors = group.map((t): RewardComponents => [t.full_repair, t.partial_repair, t.preservation]);
  const grpo = grpoAdvantages(group.map((trace) => trace.reward));
  const [gdpo] = gdpoAdvantages([vectors]);
  return group.map((trace, index) => ({
    trace_id: trace.trace_id,
    task_id: trace.task_id,
    group_id: groupOf(trace),
    policy_id: trace.policy_id,
    attempt: trace.attempt,
    full_repair: trace.full_repair,
    partial_repair: trace.partial_repair,
    preservation: trace.preservation,
    reward: trace.reward,
    advantage_grpo: grpo[index],
    advantage_gdpo: gdpo![index],
    outcome: trace.outcome,
    step_count: trace.step_count,
  }));
}
