import type { Decode } from './floats.ts';

const LANES = 16;
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
  /** Dot products with the references, fp64. */
  dot: Float64Array;
  merge(other: SketchStats): void;
}

export const emptyStats = (): SketchStats => ({
  norm2: 0,
  absmax: 0,
  n: 0,
  zeros: 0,
  nonfinite: 0,
  dot: new Float64Array(MAX_REFERENCES),
  merge,
});

/** Sums add. Right only for disjoint pieces: a norm is not linear. */
function merge(this: SketchStats, other: SketchStats): void {
  this.norm2 += other.norm2;
  this.absmax = Math.max(this.absmax, other.absmax);
  this.n += other.n;
  this.zeros += other.zeros;
  this.nonfinite += other.nonfinite;
  other.dot.forEach((value, r) => {
    this.dot[r]! += value;
  });
}

/**
 * Adds coordinates [start, stop) of one segment; `read(0)` is coordinate `offset`. Each sum runs in 16 lanes
 * (coordinate mod 16) that are folded in halves, so vector units of any width give the same bits.
 */
export function addToStats(
  stats: SketchStats,
  start: number,
  stop: number,
  offset: number,
  read: Decode,
  others: Decode[],
): void {
  const squares = new Float64Array(LANES);
  const dots = others.map(() => new Float64Array(LANES));
  for (let i = start; i < stop; i++) {
    const value = read(i - offset);
    if (value === 0) stats.zeros++;
    if (Number.isFinite(value)) stats.absmax = Math.max(stats.absmax, Math.abs(value));
    else stats.nonfinite++;
    squares[i % LANES]! += value * value;
    for (let r = 0; r < others.length; r++) dots[r]![i % LANES]! += value * others[r]!(i - offset);
  }
  stats.n += stop - start;
  stats.norm2 += foldLanes(squares);
  dots.forEach((lanes, r) => {
    stats.dot[r]! += foldLanes(lanes);
  });
}

function foldLanes(lanes: Float64Array): number {
  for (let width = LANES / 2; width >= 1; width /= 2) {
    for (let j = 0; j < width; j++) lanes[j]! += lanes[j + width]!;
  }
  return lanes[0]!;
}
