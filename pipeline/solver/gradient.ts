import { DYNAMIC_FEATURES } from './dynamic.ts';
import type { Rollouts } from './episode.ts';
import type { Policy } from './policy.ts';

/** A gradient by its non-zero entries. */
export interface SparseGradient {
  /** Length of the dense vector. */
  length: number;
  /** Ascending. */
  ids: Uint32Array;
  values: Float32Array;
  /** Sum of the squared values. */
  norm2: number;
}

export interface GradientOptions {
  /** How the steps of one rollout are put together: `sum`, or `mean` as the paper's token mean. */
  per_step?: 'sum' | 'mean';
  /** Multiplies the whole gradient, for example by 1 / batch. */
  scale?: number;
}

/**
 * Adds the exact policy gradient of a group of finished rollouts to `gradient`:
 * mean over rollouts of advantage times d log p(episode) / d parameters.
 * All steps are first folded into one weight per action, so each action is differentiated once.
 * Advantages that are all zero add exactly nothing.
 */
export function addPolicyGradient(
  policy: Policy,
  rollouts: Rollouts,
  advantages: ArrayLike<number>,
  gradient: Float64Array,
  { per_step = 'sum', scale = 1 }: GradientOptions = {},
): void {
  const { all, space } = rollouts;
  if (advantages.length !== all.length) {
    throw new RangeError(`${advantages.length} advantages given for ${all.length} rollouts`);
  }
  if (!rollouts.is_finished) throw new Error('rollouts are still waiting for outcomes');
  const weights = new Float64Array(space.size);
  const dynamic = new Float64Array(DYNAMIC_FEATURES);
  for (const [i, rollout] of all.entries()) {
    const steps = per_step === 'mean' ? Math.max(1, rollout.steps.length) : 1;
    const factor = (advantages[i]! * scale) / (all.length * steps);
    if (factor === 0) continue;
    addScaled(weights, rollout.weights, factor);
    addScaled(dynamic, rollout.dynamic, factor);
  }
  policy.accumulateGradient(space.features, weights, gradient);
  for (let i = 0; i < DYNAMIC_FEATURES; i++) gradient[policy.buckets + i]! += dynamic[i]!;
}

/** The policy gradient of one group as a dense vector. */
export function policyGradient(
  policy: Policy,
  rollouts: Rollouts,
  advantages: ArrayLike<number>,
  options?: GradientOptions,
): Float32Array {
  const gradient = new Float64Array(policy.parameterCount);
  addPolicyGradient(policy, rollouts, advantages, gradient, options);
  return Float32Array.from(gradient);
}

/** The non-zero entries of a dense gradient. */
export function sparseGradient(dense: Float32Array): SparseGradient {
  let count = 0;
  for (let i = 0; i < dense.length; i++) if (dense[i] !== 0) count++;
  const ids = new Uint32Array(count);
  const values = new Float32Array(count);
  let norm2 = 0;
  for (let i = 0, at = 0; i < dense.length; i++) {
    const value = dense[i]!;
    if (value === 0) continue;
    ids[at] = i;
    values[at++] = value;
    norm2 += value * value;
  }
  return { length: dense.length, ids, values, norm2 };
}

/** The dense vector of a sparse gradient. */
export function denseGradient({ length, ids, values }: SparseGradient): Float32Array {
  const dense = new Float32Array(length);
  for (let i = 0; i < ids.length; i++) dense[ids[i]!] = values[i]!;
  return dense;
}

/** Cosine of two gradients of the same checkpoint, or null when either is zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  // divided in two steps: aa * bb underflows for short vectors
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa) / Math.sqrt(bb) : null;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += source[i]! * factor;
}
