import { type Dtype, decodeInto } from './floats.ts';
import type { Key } from './mixing.ts';
import { keyedRun, type Piece, toRun } from './piece.ts';
import { emptySketch, finishSketch, MAX_REFERENCES, type Sketch } from './sketch.ts';
import { BLOCK, type SketchSpec, slotsPerRow, TILE } from './spec.ts';
import { drawTile, emptyDraw } from './tile.ts';
import { addRun, LANES, type TileKernel } from './tiles.ts';

export type { Piece, Reference } from './piece.ts';
export { emptySketch, finishSketch, mergeSketch, type Sketch, type SketchStats } from './sketch.ts';

/**
 * The reference implementation of TPS, the tile-permuted block SJLT of SPEC.md: every other implementation
 * (C++, AVX2, AVX-512, WASM, CUDA) must give the same bits.
 *
 * Adds one piece. A cut that is no multiple of a segment (131,072) may move totals by rounding (about 1e-8), no more.
 */
export function addPiece(sketch: Sketch, piece: Piece): void {
  addRun(referenceKernel(sketch.spec), sketch, toRun(piece, sketch.spec.seed));
}

/** `addPiece` under a given key: what the golden vectors are written for. */
export function addKeyed(sketch: Sketch, key: Key, piece: Piece): void {
  addRun(referenceKernel(sketch.spec), sketch, keyedRun(piece, key));
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

/** The specification's sums, in the order it fixes, one number at a time. */
export function referenceKernel(spec: SketchSpec): TileKernel {
  const inputs = { fp32: new Float32Array(TILE), bf16: new Uint16Array(TILE), fp16: new Uint16Array(TILE) };
  const [decoded, signed, other] = [new Float32Array(TILE), new Float32Array(TILE), new Float32Array(TILE)];
  const [sums, squares, dots] = [
    new Float32Array(spec.k),
    new Float64Array(LANES),
    new Float64Array(MAX_REFERENCES * LANES),
  ];
  const counts = new Uint32Array(3);
  const draw = emptyDraw(spec.s);

  return {
    sums,
    squares,
    dots,
    counts,
    other,
    input: (dtype: Dtype) => inputs[dtype],
    clear() {
      for (const results of [sums, squares, dots, counts]) results.fill(0);
    },
    measure(dtype) {
      decodeInto(decoded, inputs[dtype], dtype);
      for (let i = 0; i < TILE; i++) squares[i % LANES]! += decoded[i]! * decoded[i]!;
      return count(decoded, counts);
    },
    dot(_, reference) {
      for (let i = 0; i < TILE; i++) dots[reference * LANES + (i % LANES)]! += decoded[i]! * other[i]!;
    },
    add(_, tile, key) {
      drawTile(draw, tile, key);
      for (let i = 0; i < TILE; i++) {
        const [block, lane] = [i >> 6, i & 63];
        const minus = (draw.signs[(lane >> 5) * BLOCK + block]! >>> (lane & 31)) & 1;
        signed[i] = minus ? -decoded[i]! : decoded[i]!;
      }
      addSigned(spec, draw, signed, sums);
    },
  };
}

function count(values: Float32Array, counts: Uint32Array): number {
  const bits = new Uint32Array(values.buffer);
  let zeros = 0;
  for (let i = 0; i < TILE; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude === 0) zeros++;
    if (magnitude >= 0x7f800000) counts[1]!++;
    else if (magnitude > counts[2]!) counts[2] = magnitude;
  }
  counts[0]! += zeros;
  return zeros;
}

/** Slots ascend, so each output gets its additions in one fixed order. */
function addSigned(
  spec: SketchSpec,
  { blocks, lanes }: ReturnType<typeof emptyDraw>,
  signed: Float32Array,
  sums: Float32Array,
): void {
  const perRow = slotsPerRow(spec);
  for (let r = 0; r < spec.s; r++) {
    for (let slot = 0; slot < BLOCK; slot++) {
      const block = blocks[r * BLOCK + slot]!;
      const mask = lanes[r * BLOCK + block]!;
      const row = r * (spec.k / spec.s) + Math.floor(slot / perRow) * BLOCK;
      for (let lane = 0; lane < BLOCK; lane++) sums[row + lane]! += signed[block * BLOCK + (lane ^ mask)]!;
    }
  }
}
