import { type Dtype, decodeInto, dtypeOf, type HalfNumbers, numbersFrom } from './floats.ts';
import type { Key } from './mixing.ts';
import {
  copyStretch,
  type Reference,
  type Run,
  referenceFrom,
  type Stretch,
  segmentOf,
  stretches,
  tileOf,
} from './piece.ts';
import { addInto, canonical, type Sketch } from './sketch.ts';
import { TILE } from './spec.ts';

/** Lanes of a segment's exact sums: coordinate mod 16. */
export const LANES = 16;

/** Sums over one segment, one tile of 4096 values at a time. The TypeScript and WASM engines supply one. */
export interface TileKernel {
  /** Starts a segment: sums and measures are zero. */
  clear(): void;
  /** Where a tile of this dtype is to be put, 4096 values. */
  input(dtype: Dtype): Float32Array | Uint16Array;
  /** Where a reference's tile is to be put. */
  readonly other: Float32Array;
  /** Adds the input's squares and counts; how many of its values are zero. */
  measure(dtype: Dtype): number;
  dot(dtype: Dtype, reference: number): void;
  add(dtype: Dtype, tile: number, key: Key): void;
  /** Results of the segment. */
  readonly sums: Float32Array;
  readonly squares: Float64Array;
  /** 16 lanes per reference, one reference after another. */
  readonly dots: Float64Array;
  /** Zeros, values that are not finite, bits of the largest finite magnitude. */
  readonly counts: Uint32Array;
}

/** Adds a run: cut at tiles, summed in fp32 within a segment, folded into the fp64 totals segment by segment. */
export function addRun(kernel: TileKernel, sketch: Sketch, run: Run): void {
  let tile: Stretch[] = [];
  let segment = -1;
  const finishTile = (): void => {
    const first = tile[0];
    if (!first) return;
    if (segmentOf(first.flat) !== segment) {
      if (segment >= 0) foldSegment(kernel, sketch, run);
      segment = segmentOf(first.flat);
      kernel.clear();
    }
    addTile(kernel, sketch, run, tile);
    tile = [];
  };
  for (const stretch of stretches(run)) {
    if (tile[0] && tileOf(tile[0].flat) !== tileOf(stretch.flat)) finishTile();
    tile.push(stretch);
  }
  finishTile();
  if (segment >= 0) foldSegment(kernel, sketch, run);
}

/** Zero tiles are skipped, exactly: no sum is ever -0, and adding a zero of either sign changes nothing else. */
function addTile(kernel: TileKernel, sketch: Sketch, run: Run, tile: readonly Stretch[]): void {
  const dtype = dtypeOf(run.values);
  const input = kernel.input(dtype).fill(0);
  for (const { flat, from, count } of tile) copyStretch(run.values, from, count, flat, input);
  const padding = TILE - tile.reduce((sum, { count }) => sum + count, 0);
  const zeros = kernel.measure(dtype) - padding;
  sketch.stats.n += TILE - padding;
  sketch.stats.zeros -= padding;
  if (zeros === TILE - padding) return;
  kernel.add(dtype, tileOf(tile[0]!.flat), run.key);
  run.references.forEach((reference, r) => {
    kernel.other.fill(0);
    for (const stretch of tile) copyReference(reference, stretch, kernel.other);
    kernel.dot(dtype, r);
  });
}

function copyReference(reference: Reference, stretch: Stretch, tile: Float32Array): void {
  const place = tile.subarray(stretch.flat % TILE, (stretch.flat % TILE) + stretch.count);
  const raw = numbersFrom(reference.values, referenceFrom(reference, stretch), stretch.count);
  decodeInto(place, raw, dtypeOf(reference.values as HalfNumbers));
}

function foldSegment(kernel: TileKernel, { totals, stats }: Sketch, run: Run): void {
  addInto(totals, kernel.sums);
  stats.norm2 = canonical(stats.norm2 + foldLanes(kernel.squares));
  run.references.forEach((_, r) => {
    stats.dot[r] = canonical(stats.dot[r]! + foldLanes(kernel.dots.subarray(r * LANES, (r + 1) * LANES)));
  });
  const [zeros, nonfinite, absmax] = kernel.counts as unknown as [number, number, number];
  stats.zeros += zeros;
  stats.nonfinite += nonfinite;
  stats.absmax = Math.max(stats.absmax, new Float32Array(Uint32Array.of(absmax).buffer)[0]!);
}

/** Halves are added until one number is left, so that vector units of any width give the same bits. */
function foldLanes(from: Float64Array): number {
  const lanes = from.slice();
  for (let width = LANES / 2; width >= 1; width /= 2) {
    for (let j = 0; j < width; j++) lanes[j]! += lanes[j + width]!;
  }
  return lanes[0]!;
}
