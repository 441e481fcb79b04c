import { type Random, seededRandom, shuffled } from '../random.ts';

export interface StabilityOptions {
  /** Resamples per size. */
  repeats?: number;
  seed: string;
}

/** How well the mean direction of n validation tasks is known. */
export interface Stability {
  n: number;
  /** Mean cosine between the means of two disjoint sets of n tasks; null when there are fewer than 2n. */
  split_half: number | null;
  /** Mean cosine between the mean of n tasks drawn with replacement and the mean of all. */
  bootstrap: number;
  /** 5th and 95th percentile of the latter. */
  bootstrap_low: number;
  bootstrap_high: number;
}

/**
 * stability(n) by resampling stored validation gradients or sketches: no new rollout is needed. Vectors are
 * unit-normalised first; zero vectors stay zero and count as tasks. Cosines with a zero mean count as 0.
 */
export function stability(
  vectors: readonly ArrayLike<number>[],
  sizes: readonly number[],
  { repeats = 200, seed }: StabilityOptions,
): Stability[] {
  if (vectors.length === 0) return [];
  const gram = unitGram(vectors);
  const everyone = vectors.map((_, i) => i);
  return sizes.map((n) => {
    const random = seededRandom(`${seed}|stability|${n}`);
    const sample = () => Array.from({ length: n }, () => Math.floor(random() * vectors.length));
    const bootstrap = Array.from({ length: repeats }, () => cosineOfMeans(gram, sample(), everyone)).sort(
      (a, b) => a - b,
    );
    const at = (share: number) => bootstrap[Math.floor(share * (repeats - 1))]!;
    return {
      n,
      split_half: 2 * n > vectors.length ? null : mean(splitHalves(gram, everyone, n, repeats, random)),
      bootstrap: mean(bootstrap),
      bootstrap_low: at(0.05),
      bootstrap_high: at(0.95),
    };
  });
}

function splitHalves(gram: Gram, everyone: readonly number[], n: number, repeats: number, random: Random): number[] {
  return Array.from({ length: repeats }, () => {
    const order = shuffled(everyone, random);
    return cosineOfMeans(gram, order.slice(0, n), order.slice(n, 2 * n));
  });
}

/** Dot products of all pairs of unit vectors. */
interface Gram {
  size: number;
  dots: Float64Array;
}

function unitGram(vectors: readonly ArrayLike<number>[]): Gram {
  const size = vectors.length;
  const dots = new Float64Array(size * size);
  const lengths = vectors.map((v) => Math.sqrt(dot(v, v)));
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      const isZero = lengths[i] === 0 || lengths[j] === 0;
      const value = isZero ? 0 : dot(vectors[i]!, vectors[j]!) / lengths[i]! / lengths[j]!;
      dots[i * size + j] = value;
      dots[j * size + i] = value;
    }
  }
  return { size, dots };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`vectors of ${a.length} and ${b.length} numbers`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Cosine between the sums over two index lists, from the dot products alone. */
function cosineOfMeans(gram: Gram, a: readonly number[], b: readonly number[]): number {
  const aa = sumOver(gram, a, a);
  const bb = sumOver(gram, b, b);
  return aa > 0 && bb > 0 ? sumOver(gram, a, b) / Math.sqrt(aa) / Math.sqrt(bb) : 0;
}

function sumOver({ size, dots }: Gram, a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (const i of a) for (const j of b) sum += dots[i * size + j]!;
  return sum;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
