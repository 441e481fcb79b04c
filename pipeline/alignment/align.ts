import type { Sketch } from '../../schemas/scores.ts';
import type { Task } from '../../schemas/tasks.ts';
import type { Challenge } from '../arena/arena.ts';
import { attempt, tasksAtOnce } from '../arena/attempt.ts';
import { mapLimit } from '../concurrency.ts';
import { sketchVector } from '../sketch/tps.ts';
import { cosine, denseGradient, type SparseGradient, sparseGradient } from '../solver/gradient.ts';
import type { Policy } from '../solver/policy.ts';
import { taskGradient } from '../training/task-gradient.ts';

export interface AlignmentSettings {
  policy: Policy;
  policy_id: string;
  rollouts: number;
  loss: 'gdpo' | 'grpo';
  k: number;
  s: number;
  sketch_seed: number;
  now: () => number;
}

/** Gradient of one task at one checkpoint, from the rollouts that solving it made. */
export interface Aligned {
  task_id: string;
  /** Unit length; null when there is no gradient. */
  unit: SparseGradient | null;
  /** k floats; zeros when there is no gradient. */
  sketch: Float32Array;
  norm2: number;
  pass_rate: number;
  partial_rate: number;
  reward_variance: number;
  zero_reason: string | null;
  wall_ms: number;
}

/** G_v: the mean of the unit gradients of the validation tasks (METHOD.md 5). */
export interface Direction {
  /** Exact cosine with G_v; null when either has no length. */
  cosine(aligned: Aligned): number | null;
  dot(aligned: Aligned): number | null;
  /** The same from the sketches alone. */
  sketchCosine(aligned: Aligned): number | null;
}

/** Sketches belong together only when they were made by the same projector. */
export const projectorId = ({ k, s, sketch_seed }: Pick<AlignmentSettings, 'k' | 's' | 'sketch_seed'>): string =>
  `tps-sjlt/1 k=${k} s=${s} seed=${sketch_seed}`;

export function alignTasks(
  tasks: readonly Task[],
  challenges: readonly (Challenge | null)[],
  settings: AlignmentSettings,
  tick: () => void,
): Promise<Aligned[]> {
  return mapLimit(tasks, tasksAtOnce, async (task, index) => {
    const challenge = challenges[index];
    const aligned = challenge
      ? await alignOne(challenge, settings)
      : withoutGradient(task.task_id, 'its failing test does not fail here', settings.k);
    tick();
    return aligned;
  });
}

async function alignOne(challenge: Challenge, settings: AlignmentSettings): Promise<Aligned> {
  const { policy, policy_id, rollouts: count, loss, k, s, sketch_seed, now } = settings;
  const rollouts = await attempt(challenge, { policy, checkpoint_id: `${policy_id}/score`, count });
  const started = now();
  const found = taskGradient(policy, rollouts, { kind: loss });
  const gradient = sparseGradient(found.gradient);
  const partial_rate =
    rollouts.episodes().reduce((sum, e) => sum + (e.submission?.fail_to_pass_fraction ?? 0), 0) / count;
  const facts = { pass_rate: found.pass_rate, partial_rate, reward_variance: found.reward_variance };
  if (found.is_zero || gradient.norm2 === 0) {
    return {
      ...withoutGradient(challenge.task.task_id, agreed(facts), k),
      ...facts,
      wall_ms: now() - started,
    };
  }
  const unit = scaled(gradient, 1 / Math.sqrt(gradient.norm2));
  const sketch = sketchVector(denseGradient(unit), { name: policy.kind, seed: BigInt(sketch_seed), k, s });
  return {
    task_id: challenge.task.task_id,
    unit,
    sketch,
    norm2: gradient.norm2,
    ...facts,
    zero_reason: null,
    wall_ms: now() - started,
  };
}

function agreed({ pass_rate, partial_rate }: Pick<Aligned, 'pass_rate' | 'partial_rate'>): string {
  if (pass_rate === 1) return 'every rollout repaired it';
  if (pass_rate === 0 && partial_rate === 0) return 'no rollout repaired any of it';
  return 'all rollouts earned the same';
}

const withoutGradient = (task_id: string, zero_reason: string, k: number): Aligned => ({
  task_id,
  unit: null,
  sketch: new Float32Array(k),
  norm2: 0,
  pass_rate: 0,
  partial_rate: 0,
  reward_variance: 0,
  zero_reason,
  wall_ms: 0,
});

const scaled = ({ length, ids, values }: SparseGradient, factor: number): SparseGradient => {
  const unit = values.map((v) => v * factor);
  return { length, ids, values: unit, norm2: unit.reduce((sum, v) => sum + v * v, 0) };
};

/** Tasks without a gradient count in the mean as zero vectors: they pull in no direction. */
export function directionOf(
  trusted: readonly Aligned[],
  { policy, k }: Pick<AlignmentSettings, 'policy' | 'k'>,
): Direction {
  const mean = new Float64Array(policy.parameterCount);
  const meanSketch = new Float64Array(k);
  for (const { unit, sketch } of trusted) {
    unit?.ids.forEach((id, i) => {
      mean[id]! += unit.values[i]! / trusted.length;
    });
    sketch.forEach((v, i) => {
      meanSketch[i]! += v / trusted.length;
    });
  }
  const length = Math.sqrt(mean.reduce((sum, v) => sum + v * v, 0));
  const dot = ({ unit }: Aligned) =>
    unit && length > 0 ? unit.ids.reduce((sum, id, i) => sum + unit.values[i]! * mean[id]!, 0) : null;
  return {
    dot,
    cosine: (aligned) => {
      const product = dot(aligned);
      return product === null ? null : product / length / Math.sqrt(aligned.unit!.norm2);
    },
    sketchCosine: ({ unit, sketch }) => (unit && length > 0 ? cosine(sketch, meanSketch) : null),
  };
}

export function sketchRow(
  aligned: Aligned,
  split: Sketch['split'],
  direction: Direction,
  settings: AlignmentSettings,
): Sketch {
  return {
    task_id: aligned.task_id,
    policy_id: settings.policy_id,
    projector_id: projectorId(settings),
    split,
    loss: settings.loss,
    dimension: settings.policy.parameterCount,
    k: settings.k,
    s: settings.s,
    rollout_count: settings.rollouts,
    pass_rate: aligned.pass_rate,
    partial_rate: aligned.partial_rate,
    reward_variance: aligned.reward_variance,
    norm2: aligned.norm2,
    dot_reference: direction.dot(aligned),
    zero_reason: aligned.zero_reason,
    sketch: [...aligned.sketch],
    wall_ms: aligned.wall_ms,
  };
}
