import type { ActionFeatures } from './action-space.ts';
import { DYNAMIC_FEATURES } from './dynamic.ts';

export const DEFAULT_BUCKETS = 1 << 18;

export type Parameters = Float32Array | Float64Array;

/** A differentiable score of every action; the probabilities are their softmax over the actions at hand. */
export interface Policy {
  readonly kind: 'loglinear' | 'mlp';
  /** Number of hashed feature buckets; the dynamic weights are parameters `buckets .. buckets + 64`. */
  readonly buckets: number;
  readonly parameterCount: number;
  /** Changed in place by training. */
  readonly parameters: Parameters;
  /** Writes the score of every action from its own features alone, before dynamic features. */
  scoreActions(features: ActionFeatures, out: Float64Array): void;
  /** Adds, for every action, `weights[action]` times the derivative of its score to `gradient`. */
  accumulateGradient(features: ActionFeatures, weights: Float64Array, gradient: Float64Array): void;
}

/** The weights of the dynamic features, a view into the policy's parameters. */
export const dynamicWeights = (policy: Policy): Parameters =>
  policy.parameters.subarray(policy.buckets, policy.buckets + DYNAMIC_FEATURES);

/** Scores are sums of one weight per feature. Parameters: buckets, then 64 dynamic weights. */
export class LogLinearPolicy implements Policy {
  readonly kind = 'loglinear';
  readonly buckets: number;
  readonly parameters: Parameters;

  /** All zero, which is the uniform policy, unless parameters are given; those are taken over, not copied. */
  constructor(buckets: number = DEFAULT_BUCKETS, parameters?: Parameters) {
    this.buckets = checkedBuckets(buckets);
    this.parameters = parameters ?? new Float32Array(buckets + DYNAMIC_FEATURES);
    checkLength(this.parameters, buckets + DYNAMIC_FEATURES);
  }

  get parameterCount(): number {
    return this.parameters.length;
  }

  scoreActions({ ids, offsets }: ActionFeatures, out: Float64Array): void {
    const { parameters } = this;
    for (let a = 0; a + 1 < offsets.length; a++) {
      let score = 0;
      for (let i = offsets[a]!; i < offsets[a + 1]!; i++) score += parameters[ids[i]!]!;
      out[a] = score;
    }
  }

  accumulateGradient({ ids, offsets }: ActionFeatures, weights: Float64Array, gradient: Float64Array): void {
    for (let a = 0; a + 1 < offsets.length; a++) {
      const weight = weights[a]!;
      if (weight === 0) continue;
      for (let i = offsets[a]!; i < offsets[a + 1]!; i++) gradient[ids[i]!]! += weight;
    }
  }
}

/** Buckets must be a power of two: ids are masked hashes. */
export function checkedBuckets(buckets: number): number {
  if (buckets < 2 || !Number.isInteger(Math.log2(buckets))) {
    throw new RangeError(`buckets must be a power of two from 2 up, got ${buckets}`);
  }
  return buckets;
}

export function checkLength(parameters: Parameters, expected: number): void {
  if (parameters.length !== expected) {
    throw new RangeError(`the policy has ${expected} parameters, got ${parameters.length}`);
  }
}
