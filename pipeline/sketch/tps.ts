import { DataError } from '../errors.ts';
import { type Decode, decoderOf, type Numbers } from './floats.ts';
import { type Key, nameHash, tensorKey } from './mixing.ts';
import { BLOCK, checkSpec, SEGMENT, type SketchSpec, slotsPerRow, TILE } from './spec.ts';
import { addToStats, emptyStats, type SketchStats } from './stats.ts';
import { drawTile, emptyDraw, type TileDraw } from './tile.ts';

/**
 * The reference implementation of TPS, the tile-permuted block SJLT of SPEC.md. Every other implementation
 * (C++, AVX2, AVX-512, WASM, CUDA) must give the same bits.
 */
export interface Sketch {
  readonly spec: SketchSpec;
  /** Unscaled sums, fp64. Linear: the sketch of a sum is the sum of sketches. */
  readonly totals: Float64Array;
  readonly stats: SketchStats;
}

/** A stretch of one tensor's row-major flat values. */
export interface Piece {
  /** Canonical name of the tensor: part of the hash. */
  readonly name: string;
  readonly values: Numbers;
  /** Flat index of the first value in the full, unsharded tensor; 0 when left out. */
  readonly offset?: number;
  /** Same coordinates of reference gradients, at most 8: their exact dot products are summed on the way. */
  readonly references?: readonly Numbers[];
}

export const emptySketch = (spec: SketchSpec): Sketch => ({
  spec: checkSpec(spec),
  totals: new Float64Array(spec.k),
  stats: emptyStats(),
});

/** Adds one piece. A cut that is no multiple of a segment (131,072) may move totals by rounding (about 1e-8), no more. */
export function addPiece(sketch: Sketch, piece: Piece): void {
  addKeyed(sketch, tensorKey(sketch.spec.seed, nameHash(piece.name)), piece);
}

/** `addPiece` under a given key: what the golden vectors are written for. */
export function addKeyed(sketch: Sketch, key: Key, { name, values, offset = 0, references = [] }: Piece): void {
  checkPiece(name, values, offset, references);
  const work = newWork(sketch.spec.s);
  const read = decoderOf(values);
  const others = references.map(decoderOf);
  const end = offset + values.length;
  for (let start = offset; start < end; start = segmentEnd(start, end)) {
    const stop = segmentEnd(start, end);
    addToStats(sketch.stats, start, stop, offset, read, others);
    addSegment(sketch, key, work, start, stop, offset, read);
  }
}

/** Adds `from` into `into`. @throws DataError when they belong to different matrices. */
export function mergeSketch(into: Sketch, from: Sketch): void {
  for (const field of ['seed', 'k', 's'] as const) {
    if (into.spec[field] === from.spec[field]) continue;
    const fix = 'sketch all parts with one seed, k and s';
    throw DataError.of({ where: `sketch.${field}`, expected: String(into.spec[field]), found: from.spec[field], fix });
  }
  from.totals.forEach((value, j) => {
    into.totals[j] = canonical(into.totals[j]! + value);
  });
  into.stats.merge(from.stats);
}

/** The sketch to store: totals times sqrt(1/s), in fp32. Dot products of these estimate dot products of the gradients. */
export function finishSketch({ spec, totals }: Sketch): Float32Array {
  const scale = Math.sqrt(1 / spec.s);
  return Float32Array.from(totals, (total) => canonical(total * scale));
}

/** Sketch of one whole tensor, finished and scaled. */
export function sketchVector(
  values: Float32Array,
  { name, ...spec }: SketchSpec & { readonly name: string },
): Float32Array {
  const sketch = emptySketch(spec);
  addPiece(sketch, { name, values });
  return finishSketch(sketch);
}

interface Work {
  draw: TileDraw;
  /** One tile with its signs applied. */
  signed: Float32Array;
  /** 1 for each block of the tile that holds anything but zeros. */
  filled: Uint8Array;
}

const newWork = (s: number): Work => ({
  draw: emptyDraw(s),
  signed: new Float32Array(TILE),
  filled: new Uint8Array(BLOCK),
});

const segmentEnd = (start: number, end: number): number => Math.min(end, (Math.floor(start / SEGMENT) + 1) * SEGMENT);

/** A NaN's sign and payload differ between processors; its place does not. */
const canonical = (value: number): number => (Number.isNaN(value) ? Number.NaN : value);

function addSegment(
  sketch: Sketch,
  key: Key,
  work: Work,
  start: number,
  stop: number,
  offset: number,
  read: Decode,
): void {
  const sums = new Float32Array(sketch.spec.k);
  let touched = false;
  for (let tile = Math.floor(start / TILE); tile * TILE < stop; tile++) {
    const [low, high] = [Math.max(start, tile * TILE), Math.min(stop, (tile + 1) * TILE)];
    if (!anyNonZero(read, low - offset, high - offset)) continue;
    touched = true;
    drawTile(work.draw, tile, key);
    signTile(work, tile * TILE, low, high, offset, read);
    addTile(sums, sketch.spec, work);
  }
  if (!touched) return;
  for (let j = 0; j < sums.length; j++) sketch.totals[j] = canonical(sketch.totals[j]! + sums[j]!);
}

/** Zeros may be skipped exactly: no sum is ever -0, and adding a zero of either sign changes nothing else. */
function anyNonZero(read: Decode, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (read(i) !== 0) return true;
  return false;
}

function signTile(work: Work, base: number, low: number, high: number, offset: number, read: Decode): void {
  work.signed.fill(0);
  work.filled.fill(0);
  for (let i = low; i < high; i++) {
    const value = read(i - offset);
    if (value === 0) continue;
    const at = i - base;
    const [block, lane] = [at >> 6, at & 63];
    const minus = (work.draw.signs[(lane >> 5) * BLOCK + block]! >>> (lane & 31)) & 1;
    work.signed[at] = minus ? -value : value;
    work.filled[block] = 1;
  }
}

/** Slots ascend, so each output gets its additions in one fixed order. */
function addTile(sums: Float32Array, spec: SketchSpec, { draw, signed, filled }: Work): void {
  const perRow = slotsPerRow(spec);
  for (let r = 0; r < spec.s; r++) {
    for (let slot = 0; slot < BLOCK; slot++) {
      const block = draw.blocks[r * BLOCK + slot]!;
      if (filled[block] === 0) continue;
      const mask = draw.lanes[r * BLOCK + block]!;
      const row = r * (spec.k / spec.s) + Math.floor(slot / perRow) * BLOCK;
      for (let lane = 0; lane < BLOCK; lane++) sums[row + (lane ^ mask)]! += signed[block * BLOCK + lane]!;
    }
  }
}

function checkPiece(name: string, values: Numbers, offset: number, references: readonly Numbers[]): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(offset + values.length)) {
    const expected = 'a flat element index from 0 to 2^53 - 1';
    throw DataError.of({
      where: `tensor ${name}, offset`,
      expected,
      found: offset,
      fix: 'give offsets in elements, not bytes',
    });
  }
  if (references.length > 8 || references.some((reference) => reference.length !== values.length)) {
    const expected = `at most 8 references of ${values.length} values`;
    const found = references.map((reference) => reference.length);
    throw DataError.of({
      where: `tensor ${name}, references`,
      expected,
      found,
      fix: 'cut references as the gradient is cut',
    });
  }
}
