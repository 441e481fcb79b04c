import { seededRandom } from '../random.ts';
import type { ActionFeatures } from './action-space.ts';
import { DYNAMIC_FEATURES } from './dynamic.ts';
import { checkedBuckets, checkLength, DEFAULT_BUCKETS, type Parameters, type Policy } from './policy.ts';

/** Length of a feature's embedding, and number of hidden units. */
const WIDTH = 16;
const HIDDEN = 16;

/** Where each block of parameters starts. */
interface Layout {
  embedding: number;
  input: number;
  bias: number;
  output: number;
  end: number;
}

const layoutOf = (buckets: number): Layout => {
  const embedding = buckets + DYNAMIC_FEATURES;
  const input = embedding + buckets * WIDTH;
  const bias = input + HIDDEN * WIDTH;
  return { embedding, input, bias, output: bias + HIDDEN, end: bias + 2 * HIDDEN };
};

/**
 * The log-linear score plus v · tanh(W x + b), x the sum of the features' 16-long embeddings.
 * Parameters: linear weights, 64 dynamic weights, embeddings, W (row per hidden unit), b, v.
 */
export class MlpPolicy implements Policy {
  readonly kind = 'mlp';
  readonly buckets: number;
  readonly parameters: Parameters;
  private readonly layout: Layout;
  private readonly x = new Float64Array(WIDTH);
  private readonly h = new Float64Array(HIDDEN);

  /** Parameters are taken over, not copied. */
  constructor(buckets: number, parameters: Parameters) {
    this.buckets = checkedBuckets(buckets);
    this.layout = layoutOf(buckets);
    this.parameters = parameters;
    checkLength(parameters, this.layout.end);
  }

  /** Linear part zero, the rest small normal numbers: a zero network would have no gradient. */
  static random(seed: string, buckets: number = DEFAULT_BUCKETS): MlpPolicy {
    const { embedding, input, bias, output, end } = layoutOf(buckets);
    const parameters = new Float32Array(end);
    const normal = normals(seed);
    for (let i = embedding; i < input; i++) parameters[i] = 0.05 * normal();
    for (let i = input; i < bias; i++) parameters[i] = 0.25 * normal();
    for (let i = output; i < end; i++) parameters[i] = 0.1 * normal();
    return new MlpPolicy(buckets, parameters);
  }

  get parameterCount(): number {
    return this.parameters.length;
  }

  scoreActions(features: ActionFeatures, out: Float64Array): void {
    for (let a = 0; a + 1 < features.offsets.length; a++) out[a] = this.forward(features, a);
  }

  accumulateGradient(features: ActionFeatures, weights: Float64Array, gradient: Float64Array): void {
    for (let a = 0; a + 1 < features.offsets.length; a++) {
      if (weights[a] === 0) continue;
      this.forward(features, a);
      this.backward(features, a, weights[a]!, gradient);
    }
  }

  /** Score of one action; leaves its embedding sum in `x` and its hidden units in `h`. */
  private forward({ ids, offsets }: ActionFeatures, action: number): number {
    const { parameters, x, h } = this;
    const { embedding, input, bias, output } = this.layout;
    let score = 0;
    x.fill(0);
    for (let i = offsets[action]!; i < offsets[action + 1]!; i++) {
      const id = ids[i]!;
      score += parameters[id]!;
      for (let k = 0; k < WIDTH; k++) x[k]! += parameters[embedding + id * WIDTH + k]!;
    }
    for (let j = 0; j < HIDDEN; j++) {
      let z = parameters[bias + j]!;
      for (let k = 0; k < WIDTH; k++) z += parameters[input + j * WIDTH + k]! * x[k]!;
      h[j] = Math.tanh(z);
      score += parameters[output + j]! * h[j]!;
    }
    return score;
  }

  /** Adds `weight` times the derivative of the score that `forward` has just computed. */
  private backward({ ids, offsets }: ActionFeatures, action: number, weight: number, gradient: Float64Array): void {
    const { parameters, x, h } = this;
    const { embedding, input, bias, output } = this.layout;
    const dx = new Float64Array(WIDTH);
    for (let j = 0; j < HIDDEN; j++) {
      gradient[output + j]! += weight * h[j]!;
      const dz = weight * parameters[output + j]! * (1 - h[j]! * h[j]!);
      gradient[bias + j]! += dz;
      for (let k = 0; k < WIDTH; k++) {
        gradient[input + j * WIDTH + k]! += dz * x[k]!;
        dx[k]! += dz * parameters[input + j * WIDTH + k]!;
      }
    }
    for (let i = offsets[action]!; i < offsets[action + 1]!; i++) {
      const id = ids[i]!;
      gradient[id]! += weight;
      for (let k = 0; k < WIDTH; k++) gradient[embedding + id * WIDTH + k]! += dx[k]!;
    }
  }
}

/** Standard normal numbers (Box-Muller). */
function normals(seed: string): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
