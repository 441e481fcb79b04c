import { type Aligned, alignTasks, type Direction, directionOf } from '../../pipeline/alignment/align.ts';
import { attempt, tasksAtOnce, trainable, trainingRollouts } from '../../pipeline/arena/attempt.ts';
import { mapLimit } from '../../pipeline/concurrency.ts';
import { seededRandom, shuffled } from '../../pipeline/random.ts';
import type { SelectionPolicyName } from '../../pipeline/selection/policies.ts';
import { select } from '../../pipeline/selection/select.ts';
import { LogLinearPolicy, type Policy } from '../../pipeline/solver/policy.ts';
import { Adam } from '../../pipeline/training/adam.ts';
import { trainPolicy } from '../../pipeline/training/trainer.ts';
import { type Demonstration, warmStart } from '../../pipeline/training/warm-start.ts';
import type { PoolTask } from './pool.ts';
import { mean } from './statistics.ts';

export const buckets = 1 << 18;

/** Repositories split anew by each seed: about half to train, a fifth to validate, the rest held out, both languages everywhere. */
export interface Split {
  train: PoolTask[];
  validation: PoolTask[];
  held_out: PoolTask[];
}

export function splitPool(pool: readonly PoolTask[], seed: number): Split {
  const split: Split = { train: [], validation: [], held_out: [] };
  for (const language of ['python', 'javascript']) {
    const names = [
      ...new Set(pool.filter((t) => t.repository.language === language).map((t) => t.repository.name)),
    ].sort();
    const order = shuffled(names, seededRandom(`split/${language}/${seed}`));
    const [a, b] = [Math.round(0.5 * order.length), Math.round(0.72 * order.length)];
    for (const task of pool.filter((t) => t.repository.language === language)) {
      const at = order.indexOf(task.repository.name);
      split[at < a ? 'train' : at < b ? 'validation' : 'held_out'].push(task);
    }
  }
  return split;
}

/** Checkpoint 0: imitates repairs that trying every edit of a few training tasks found. */
export async function baseOf(
  tasks: readonly PoolTask[],
  seed: number,
  wanted = 16,
): Promise<{ policy: Policy; used: Set<PoolTask> }> {
  const demonstrations: Demonstration[] = [];
  const used = new Set<PoolTask>();
  for (const task of shuffled(tasks, seededRandom(`base/${seed}`))) {
    if (demonstrations.length === wanted) break;
    const { prepared, outcomes, execute, reversals } = task.challenge;
    if (reversals.length === 0) continue;
    const wantedActions = prepared.actions.flatMap((a, i) => (a.kind === 'edit' && !outcomes.has(i) ? [i] : []));
    const found = await execute(wantedActions);
    for (const [i, action] of wantedActions.entries()) outcomes.set(action, found[i]!);
    const repairs = prepared.actions.flatMap((a, i) => (a.kind === 'edit' && outcomes.get(i).full ? [i] : []));
    used.add(task);
    if (repairs.length > 0)
      demonstrations.push({ task_id: task.challenge.task.task_id, space: prepared.space, repairs });
  }
  const policy = new LogLinearPolicy(buckets);
  warmStart({ policy, demonstrations, seed: `bench/${seed}` });
  return { policy, used };
}

export const cloneOf = (policy: Policy): Policy => new LogLinearPolicy(buckets, policy.parameters.slice());

/** Share of held-out attempts that fully repair. */
export async function repairRate(
  policy: Policy,
  tasks: readonly PoolTask[],
  name: string,
  count = 16,
): Promise<number> {
  const rates = await mapLimit(tasks, tasksAtOnce, async ({ challenge }) => {
    const episodes = (await attempt(challenge, { policy, checkpoint_id: `evaluate/${name}`, count })).episodes();
    return episodes.filter((e) => e.is_solved).length / count;
  });
  return mean(rates);
}

export async function align(
  policy: Policy,
  tasks: readonly PoolTask[],
  name: string,
  rollouts: number,
): Promise<Aligned[]> {
  const settings = {
    policy,
    policy_id: name,
    rollouts,
    loss: 'gdpo' as const,
    k: 512,
    s: 4,
    sketch_seed: 7,
    now: () => 0,
  };
  return alignTasks(
    tasks.map((t) => t.challenge.task),
    tasks.map((t) => t.challenge),
    settings,
    () => {},
  );
}

export interface ArmOptions {
  base: Policy;
  split: Split;
  pool: readonly PoolTask[];
  seed: number;
  rounds: number;
  chunk: number;
  budget: number;
  rollouts: number;
  /** Selects; `cheat` aligns with the held-out tasks themselves and is the ceiling. */
  policy: SelectionPolicyName | 'cheat';
}

/** Repair on held-out tasks after each round of score, select, train. */
export async function runArm({
  base,
  split,
  pool,
  seed,
  rounds,
  chunk,
  budget,
  rollouts,
  policy: name,
}: ArmOptions): Promise<number[]> {
  const policy = cloneOf(base);
  let optimiser = new Adam(policy.parameterCount, { learning_rate: 0.02 });
  const order = shuffled(pool, seededRandom(`chunks/${seed}`));
  const curriculum: PoolTask[] = [];
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const candidates = order.slice(round * chunk, (round + 1) * chunk);
    const label = `${seed}/${round}`;
    const scored = await align(policy, candidates, `score/${label}`, rollouts);
    const target = name === 'cheat' ? split.held_out : split.validation.slice(0, 100);
    const direction = directionOf(await align(policy, target, `direction/${label}`, rollouts), { policy, k: 512 });
    curriculum.push(...chosen(candidates, scored, direction, name === 'cheat' ? 'cos' : name, budget, label));
    ({ optimiser } = await trainPolicy({
      policy,
      optimiser,
      tasks: curriculum.map((t) => trainable(t.challenge)),
      rollouts: trainingRollouts,
      steps: 25,
      seed: `train/${label}`,
    }));
    rates.push(await repairRate(policy, split.held_out, label));
  }
  return rates;
}

function chosen(
  candidates: readonly PoolTask[],
  scored: readonly Aligned[],
  direction: Direction,
  policy: SelectionPolicyName,
  budget: number,
  seed: string,
): PoolTask[] {
  const rows = select(
    candidates.map(({ challenge: { task } }, i) => {
      const cosine = direction.cosine(scored[i]!);
      const { pass_rate, norm2, reward_variance } = scored[i]!;
      return {
        task_id: task.task_id,
        repository_id: task.repository_id,
        skill_id: null,
        cosine,
        dot: cosine === null ? null : cosine * Math.sqrt(norm2),
        pass_rate,
        reward_variance,
      };
    }),
    { policy, budget, seed },
  );
  const selected = new Set(rows.filter((row) => row.rank !== null).map((row) => row.task_id));
  return candidates.filter((t) => selected.has(t.challenge.task.task_id));
}
