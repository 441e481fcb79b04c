import { fmix32, type Key, philox } from './mixing.ts';
import { BLOCK } from './spec.ts';

const TAG_WORDS = 0x53414d32;
const TAG_SLOTS = 0x53414d31;
const GOLDEN = 0x9e3779b9;

/** What chance decides for one tile. */
export interface TileDraw {
  /** Sign bits of block b: bit l of `signs[b]` for lanes 0..31, of `signs[64 + b]` for lanes 32..63. Set means minus. */
  readonly signs: Uint32Array;
  /** XOR mask on the lanes of block b in copy r, at `r * 64 + b`. */
  readonly lanes: Uint8Array;
  /** Block in slot q of copy r, at `r * 64 + q`: a bijection per copy. */
  readonly blocks: Uint8Array;
}

export const emptyDraw = (s: number): TileDraw => ({
  signs: new Uint32Array(2 * BLOCK),
  lanes: new Uint8Array(s * BLOCK),
  blocks: new Uint8Array(s * BLOCK),
});

const counter = (tile: number, third: number, tag: number): Uint32Array =>
  Uint32Array.of(tile % 2 ** 32, Math.floor(tile / 2 ** 32), third, tag);

/** Four affine steps mod 64 with odd factors and three shift-xors: a bijection of 0..63. */
function blockInSlot(slot: number, p: number, q: number): number {
  let x = (slot * ((p & 63) | 1) + (p >>> 6)) & 63;
  x ^= x >> 3;
  x = (x * (((p >>> 12) & 63) | 1) + (p >>> 18)) & 63;
  x ^= x >> 3;
  x = (x * ((q & 63) | 1) + (q >>> 6)) & 63;
  x ^= x >> 3;
  return (x * (((q >>> 12) & 63) | 1) + (q >>> 18)) & 63;
}

/** Fills `draw` for tile number `tile` (flat coordinate / 4096) under `key`. */
export function drawTile(draw: TileDraw, tile: number, key: Key): void {
  const words = philox(counter(tile, 0, TAG_WORDS), key);
  const copies = draw.blocks.length / BLOCK;
  for (let b = 0; b < BLOCK; b++) {
    const word = (j: number): number => fmix32((words[j]! + Math.imul(b, GOLDEN)) >>> 0);
    draw.signs[b] = word(0);
    draw.signs[BLOCK + b] = word(1);
    const [low, high] = [word(2), copies > 5 ? word(3) : 0];
    for (let r = 0; r < copies; r++)
      draw.lanes[r * BLOCK + b] = (r < 5 ? low >>> (6 * r) : high >>> (6 * (r - 5))) & 63;
  }
  for (let r = 0; r < copies; r++) {
    const slots = philox(counter(tile, BLOCK + (r >> 1), TAG_SLOTS), key);
    const [p, q] = [slots[2 * (r & 1)]!, slots[2 * (r & 1) + 1]!];
    for (let slot = 0; slot < BLOCK; slot++) draw.blocks[r * BLOCK + slot] = blockInSlot(slot, p, q);
  }
}
