import { DataError } from '../errors.ts';
import { checkSpec, type SketchSpec } from './spec.ts';

/** Most references whose dot products are taken in one pass. */
export const MAX_REFERENCES = 8;

/** Exact facts of a gradient, next to its sketch. */
export interface SketchStats {
  /** Sum of squares, fp64. Products of fp32 numbers are exact in fp64, only the additions round. */
  norm2: number;
  /** Largest magnitude among the finite values. */
  absmax: number;
  /** Values seen, how many are zero, how many are NaN or infinite. */
  n: number;
  zeros: number;
  nonfinite: number;
  /** Dot products with the references, fp64, in their order; 8 entries. */
  readonly dot: Float64Array;
}

/** A sketch in the making. Linear: the sketch of a sum is the sum of sketches. */
export interface Sketch {
  readonly spec: SketchSpec;
  /** Unscaled sums, fp64, k of them. */
  readonly totals: Float64Array;
  readonly stats: SketchStats;
}

export const emptyStats = (): SketchStats => ({
  norm2: 0,
  absmax: 0,
  n: 0,
  zeros: 0,
  nonfinite: 0,
  dot: new Float64Array(MAX_REFERENCES),
});

/** @throws DataError for an illegal seed, k or s. */
export const emptySketch = (spec: SketchSpec): Sketch => ({
  spec: checkSpec(spec),
  totals: new Float64Array(spec.k),
  stats: emptyStats(),
});

/** A NaN's sign and payload differ between processors; its place does not. */
export const canonical = (value: number): number => (Number.isNaN(value) ? Number.NaN : value);

/**
 * Adds `from` into `into`. Statistics are right only when the two saw disjoint coordinates: a norm is not linear.
 * @throws DataError when they belong to different matrices.
 */
export function mergeSketch(into: Sketch, from: Sketch): void {
  for (const field of ['seed', 'k', 's'] as const) {
    if (into.spec[field] === from.spec[field]) continue;
    const fix = 'sketch all parts with one seed, k and s';
    throw DataError.of({ where: `sketch.${field}`, expected: String(into.spec[field]), found: from.spec[field], fix });
  }
  addInto(into.totals, from.totals);
  addInto(into.stats.dot, from.stats.dot);
  into.stats.norm2 = canonical(into.stats.norm2 + from.stats.norm2);
  into.stats.absmax = Math.max(into.stats.absmax, from.stats.absmax);
  into.stats.n += from.stats.n;
  into.stats.zeros += from.stats.zeros;
  into.stats.nonfinite += from.stats.nonfinite;
}

/** Adds element by element. Both hold the same count of numbers. */
export function addInto(into: Float64Array, from: ArrayLike<number>): void {
  for (let j = 0; j < into.length; j++) into[j] = canonical(into[j]! + from[j]!);
}

/** The sketch to store: totals times sqrt(1/s), in fp32. Their dot products estimate those of the gradients. */
export function finishSketch({ spec, totals }: Sketch): Float32Array {
  const scale = Math.sqrt(1 / spec.s);
  return Float32Array.from(totals, (total) => canonical(total * scale));
}
