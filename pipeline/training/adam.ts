import type { Parameters } from '../solver/policy.ts';

export interface AdamOptions {
  learning_rate?: number;
  /** Decay of the first and the second moment. */
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/** Adam, uphill: `step` moves parameters along the gradient of what is to grow. No weight decay. */
export class Adam {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly options: Readonly<Required<AdamOptions>>;
  /** Steps taken so far. */
  steps = 0;

  constructor(parameterCount: number, options: AdamOptions = {}) {
    this.first = new Float32Array(parameterCount);
    this.second = new Float32Array(parameterCount);
    this.options = { learning_rate: 0.02, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, ...options };
  }

  /** Parameters without gradient and without momentum stay as they are. */
  step(parameters: Parameters, gradient: ArrayLike<number>): void {
    const { first, second } = this;
    const { learning_rate, beta1, beta2, epsilon } = this.options;
    if (parameters.length !== first.length || gradient.length !== first.length) {
      throw new RangeError(`Adam of ${first.length} parameters got ${parameters.length} and ${gradient.length}`);
    }
    this.steps++;
    const rate = learning_rate / (1 - beta1 ** this.steps);
    const correction = 1 / (1 - beta2 ** this.steps);
    for (let i = 0; i < first.length; i++) {
      const g = gradient[i]!;
      if (g === 0 && first[i] === 0) continue;
      first[i] = beta1 * first[i]! + (1 - beta1) * g;
      second[i] = beta2 * second[i]! + (1 - beta2) * g * g;
      parameters[i]! += (rate * first[i]!) / (Math.sqrt(second[i]! * correction) + epsilon);
    }
  }
}
