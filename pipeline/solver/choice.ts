import type { ActionSpace } from './action-space.ts';
import { DYNAMIC_FEATURES, EDIT_BIT_FEATURES, EDIT_MASKS } from './dynamic.ts';

/** Scores of one checkpoint on one task, and room to turn them into probabilities. Shared by the task's rollouts. */
export class Choice {
  readonly space: ActionSpace;
  /** Runs of actions that share dynamic features: all opens, then the edits of each opened function. */
  readonly segments: Segment[];
  segment_count = 0;
  private readonly scores: Float64Array;
  private readonly dynamic: Float64Array;
  private readonly maskScores: Float64Array;
  private readonly maskSums = new Float64Array(EDIT_MASKS);
  private readonly mass: Float64Array;
  private readonly temperature: number;
  private total = 0;
  private entropyTerm = 0;

  constructor(space: ActionSpace, scores: Float64Array, dynamic: ArrayLike<number>, temperature: number) {
    if (!(temperature > 0)) throw new RangeError(`temperature must be above 0, got ${temperature}`);
    this.space = space;
    this.scores = scores;
    this.dynamic = Float64Array.from({ length: DYNAMIC_FEATURES }, (_, i) => dynamic[i]!);
    this.maskScores = Float64Array.from({ length: EDIT_MASKS }, (_, mask) => this.scoreOfMask(mask));
    this.mass = new Float64Array(space.size);
    this.temperature = temperature;
    this.segments = Array.from({ length: space.function_count + 1 }, () => new Segment());
  }

  /** Starts a new choice; segments are then added. */
  clear(): void {
    this.segment_count = 0;
  }

  /** Adds actions `from .. to` as one segment and returns it, for its dynamic features to be written. */
  addSegment(from: number, to: number): Segment {
    const segment = this.segments[this.segment_count++]!;
    segment.from = from;
    segment.to = to;
    segment.sum = 0;
    return segment;
  }

  /** Computes the probabilities of all actions not used yet. False when there is none. */
  weigh(used: Uint8Array, masks: Uint8Array): boolean {
    const highest = this.addScores(used, masks);
    if (highest === Number.NEGATIVE_INFINITY) return false;
    this.exponentiate(used, highest);
    return true;
  }

  /** The action at a uniform number in [0, 1). */
  draw(uniform: number, used: Uint8Array): number {
    let left = uniform * this.total;
    let last = -1;
    for (let s = 0; s < this.segment_count; s++) {
      const { from, to } = this.segments[s]!;
      for (let a = from; a < to; a++) {
        if (used[a] === 1 || this.mass[a] === 0) continue;
        left -= this.mass[a]!;
        last = a;
        if (left < 0) return a;
      }
    }
    return last;
  }

  probability(action: number): number {
    return this.mass[action]! / this.total;
  }

  /** Entropy of the choice in nats. */
  entropy(): number {
    return Math.max(0, Math.log(this.total) - this.entropyTerm / this.total);
  }

  /**
   * Adds d log p(chosen) / d score to `weights` (per action) and `dynamic` (per dynamic feature):
   * one for the chosen action minus the probability of each.
   */
  addLogGradient(
    chosen: number,
    used: Uint8Array,
    masks: Uint8Array,
    weights: Float64Array,
    dynamic: Float64Array,
  ): void {
    const { mass, maskSums } = this;
    const scale = 1 / (this.total * this.temperature);
    maskSums.fill(0);
    for (let s = 0; s < this.segment_count; s++) {
      const segment = this.segments[s]!;
      let sum = 0;
      for (let a = segment.from; a < segment.to; a++) {
        if (used[a] === 1) continue;
        const p = mass[a]! * scale;
        weights[a]! -= p;
        sum += p;
        maskSums[masks[a]!]! += p;
      }
      segment.sum = sum;
      if (chosen >= segment.from && chosen < segment.to) segment.sum -= 1 / this.temperature;
    }
    weights[chosen]! += 1 / this.temperature;
    maskSums[masks[chosen]!]! -= 1 / this.temperature;
    this.addDynamicGradient(dynamic);
  }

  private addDynamicGradient(dynamic: Float64Array): void {
    for (let s = 0; s < this.segment_count; s++) {
      const { features, feature_count, sum } = this.segments[s]!;
      for (let i = 0; i < feature_count; i++) dynamic[features[i]!]! -= sum;
    }
    for (let mask = 1; mask < EDIT_MASKS; mask++) {
      const sum = this.maskSums[mask]!;
      if (sum === 0) continue;
      for (const [bit, feature] of EDIT_BIT_FEATURES.entries()) if (mask & (1 << bit)) dynamic[feature]! -= sum;
    }
  }

  /** Writes the scores over the temperature into `mass` and returns the highest. */
  private addScores(used: Uint8Array, masks: Uint8Array): number {
    const { mass, scores, maskScores } = this;
    const scale = 1 / this.temperature;
    let highest = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < this.segment_count; s++) {
      const segment = this.segments[s]!;
      const shared = this.scoreOfSegment(segment);
      for (let a = segment.from; a < segment.to; a++) {
        if (used[a] === 1) continue;
        const score = (scores[a]! + shared + maskScores[masks[a]!]!) * scale;
        mass[a] = score;
        if (score > highest) highest = score;
      }
    }
    return highest;
  }

  private exponentiate(used: Uint8Array, highest: number): void {
    const { mass } = this;
    let total = 0;
    let entropyTerm = 0;
    for (let s = 0; s < this.segment_count; s++) {
      const { from, to } = this.segments[s]!;
      for (let a = from; a < to; a++) {
        if (used[a] === 1) continue;
        const shifted = mass[a]! - highest;
        const e = Math.exp(shifted);
        mass[a] = e;
        total += e;
        entropyTerm += e * shifted;
      }
    }
    this.total = total;
    this.entropyTerm = entropyTerm;
  }

  private scoreOfSegment({ features, feature_count }: Segment): number {
    let score = 0;
    for (let i = 0; i < feature_count; i++) score += this.dynamic[features[i]!]!;
    return score;
  }

  private scoreOfMask(mask: number): number {
    let score = 0;
    for (const [bit, feature] of EDIT_BIT_FEATURES.entries()) if (mask & (1 << bit)) score += this.dynamic[feature]!;
    return score;
  }
}

/** A run of actions with the same shared dynamic features. */
export class Segment {
  from = 0;
  to = 0;
  sum = 0;
  readonly features = new Uint8Array(8);
  feature_count = 0;
}
