// TPS for WebAssembly SIMD, in AssemblyScript (SPEC.md; twin of native/simd.inc with four lanes).
// All memory is static; the host writes one segment's tiles at INPUT and reads the sums back.

const BLOCK: i32 = 64;
const TILE: i32 = 4096;
const GOLDEN: u32 = 0x9e3779b9;

const WORDS: usize = 1024; // u32[4][64]
const BLOCKS: usize = 2048; // u8[8][64]
const SWIZZLES: usize = 2560; // u8[4][16]: lane l takes lane l ^ m
const SIGNED: usize = 3072; // f32[4096]
/** f64[16] lanes of squares, then f64[8][16] lanes of dot products. */
export const SQUARES: usize = 19456;
export const DOTS: usize = 19584;
/** u32: zeros, values that are not finite, bits of the largest finite magnitude. */
export const COUNTS: usize = 20608;
/** f32[8192] */
export const SUMS: usize = 20992;
/** One tile of a reference, f32[4096]. */
export const OTHER: usize = 53760;
/** Tiles of one segment, 32 of at most 16 KiB. */
export const INPUT: usize = 70144;

let c0: u32, c1: u32, c2: u32, c3: u32;

function philox(k0: u32, k1: u32): void {
  for (let round = 0; round < 10; round++) {
    const a = <u64>c0 * 0xd2511f53, b = <u64>c2 * 0xcd9e8d57;
    c0 = <u32>(b >> 32) ^ c1 ^ k0;
    c1 = <u32>b;
    c2 = <u32>(a >> 32) ^ c3 ^ k1;
    c3 = <u32>a;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
}

@inline
function fmix(h: v128): v128 {
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 16)), i32x4.splat(0x85ebca6b));
  h = i32x4.mul(v128.xor(h, i32x4.shr_u(h, 13)), i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}

function drawWords(low: u32, high: u32, k0: u32, k1: u32, s: i32): void {
  c0 = low; c1 = high; c2 = 0; c3 = 0x53414d32;
  philox(k0, k1);
  for (let j = 0; j < (s > 5 ? 4 : 3); j++) {
    const word = i32x4.splat(j == 0 ? c0 : j == 1 ? c1 : j == 2 ? c2 : c3);
    let step = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(GOLDEN));
    for (let b = 0; b < BLOCK; b += 4) {
      v128.store(WORDS + (j * BLOCK + b) * 4, fmix(i32x4.add(step, word)));
      step = i32x4.add(step, i32x4.splat(4 * GOLDEN));
    }
  }
}

@inline
function affine(x: v128, bits: u32): v128 {
  const factor = i16x8.splat(<i16>((bits & 63) | 1)), offset = i16x8.splat(<i16>((bits >> 6) & 63));
  return v128.and(i16x8.add(i16x8.mul(x, factor), offset), i16x8.splat(63));
}

@inline
function fold(x: v128): v128 {
  return v128.xor(x, i16x8.shr_u(x, 3));
}

function drawSlots(low: u32, high: u32, k0: u32, k1: u32, s: i32): void {
  for (let r = 0; r < s; r++) {
    c0 = low; c1 = high; c2 = 64 + (r >> 1); c3 = 0x53414d31;
    philox(k0, k1);
    const p = r & 1 ? c2 : c0, q = r & 1 ? c3 : c1;
    for (let slot = 0; slot < BLOCK; slot += 8) {
      let x = i16x8.add(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>slot));
      x = fold(affine(x, p));
      x = fold(affine(x, p >> 12));
      x = fold(affine(x, q));
      x = affine(x, q >> 12);
      v128.store64_lane(BLOCKS + r * BLOCK + slot, i8x16.narrow_i16x8_u(x, x), 0);
    }
  }
}

/** Four values from position i, exactly converted. dtype: 0 fp32, 1 bf16, 2 fp16. */
@inline
function read(x: usize, dtype: i32, i: usize): v128 {
  if (dtype == 0) return v128.load(x + i * 4);
  const bits = v128.load16x4_u(x + i * 2);
  if (dtype == 1) return i32x4.shl(bits, 16);
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const value = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>(0x77800000))); // 2^112 moves the exponent's bias
  const special = v128.and(i32x4.ge_u(magnitude, i32x4.splat(0x0f800000)), i32x4.splat(0x7f800000));
  const sign = i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16);
  return v128.or(v128.or(value, special), sign);
}

function signTile(x: usize, dtype: i32): void {
  const pick = i32x4(1, 2, 4, 8), minus = i32x4.splat(0x80000000);
  for (let half: usize = 0; half < 128; half++) {
    // Words lie as [32-lane half][block]; blocks as [block][32-lane half].
    let word = i32x4.splat(load<u32>(WORDS + ((half & 1) * 64 + (half >> 1)) * 4));
    for (let q: usize = 0; q < 8; q++) {
      const i = half * 32 + q * 4;
      const sign = v128.and(i32x4.eq(v128.and(word, pick), pick), minus);
      v128.store(SIGNED + i * 4, v128.xor(read(x, dtype, i), sign));
      word = i32x4.shr_u(word, 4);
    }
  }
}

@inline
function turned(at: usize, swizzle: v128): v128 {
  return i8x16.swizzle(v128.load(at), swizzle);
}

/** A row of 64 sums, half at a time so that it stays in registers, while its slots' blocks are added. */
function addRow(row: usize, slot: usize, perRow: i32, masks: usize, shift: u32): void {
  for (let half: usize = 0; half < 256; half += 128) {
    const at = row + half;
    let a0 = v128.load(at), a1 = v128.load(at, 16), a2 = v128.load(at, 32), a3 = v128.load(at, 48);
    let a4 = v128.load(at, 64), a5 = v128.load(at, 80), a6 = v128.load(at, 96), a7 = v128.load(at, 112);
    for (let t = 0; t < perRow; t++) {
      const block = <usize>load<u8>(slot + t);
      const mask = <usize>(load<u32>(masks + block * 4) >> shift);
      const swizzle = v128.load(SWIZZLES + (mask & 3) * 16);
      const from = SIGNED + block * 256, high = ((mask & 60) * 4) ^ half;
      a0 = f32x4.add(a0, turned(from + high, swizzle));
      a1 = f32x4.add(a1, turned(from + (high ^ 16), swizzle));
      a2 = f32x4.add(a2, turned(from + (high ^ 32), swizzle));
      a3 = f32x4.add(a3, turned(from + (high ^ 48), swizzle));
      a4 = f32x4.add(a4, turned(from + (high ^ 64), swizzle));
      a5 = f32x4.add(a5, turned(from + (high ^ 80), swizzle));
      a6 = f32x4.add(a6, turned(from + (high ^ 96), swizzle));
      a7 = f32x4.add(a7, turned(from + (high ^ 112), swizzle));
    }
    v128.store(at, a0); v128.store(at, a1, 16); v128.store(at, a2, 32); v128.store(at, a3, 48);
    v128.store(at, a4, 64); v128.store(at, a5, 80); v128.store(at, a6, 96); v128.store(at, a7, 112);
  }
}

/** Adds the tile at x, number high * 2^32 + low, under key (k0, k1). */
export function addTile(x: usize, dtype: i32, low: u32, high: u32, k0: u32, k1: u32, k: i32, s: i32): void {
  drawWords(low, high, k0, k1, s);
  drawSlots(low, high, k0, k1, s);
  if (dtype == 0) signTile(x, 0);
  else if (dtype == 1) signTile(x, 1);
  else signTile(x, 2);
  const perRow = (TILE * s) / k;
  let row = SUMS, slot = BLOCKS;
  for (let r = 0; r < s; r++) {
    const masks = WORDS + (r < 5 ? 512 : 768), shift = 6 * (r < 5 ? r : r - 5);
    for (let end = row + (k / s) * 4; row < end; row += 256, slot += perRow) addRow(row, slot, perRow, masks, shift);
  }
}

@inline
function addProducts(lanes: usize, v: v128, w: v128): void {
  const low = f64x2.mul(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(w));
  v128.store(lanes, f64x2.add(v128.load(lanes), low));
  const vh = v128.shuffle<i32>(v, v, 2, 3, 2, 3), wh = v128.shuffle<i32>(w, w, 2, 3, 2, 3);
  const high = f64x2.mul(f64x2.promote_low_f32x4(vh), f64x2.promote_low_f32x4(wh));
  v128.store(lanes, f64x2.add(v128.load(lanes, 16), high), 16);
}

@inline
function sumOfLanes(v: v128): u32 {
  return i32x4.extract_lane(v, 0) + i32x4.extract_lane(v, 1) + i32x4.extract_lane(v, 2) + i32x4.extract_lane(v, 3);
}

/** Adds a tile's squares and counts; returns how many of its values are zero. */
export function measure(x: usize, dtype: i32): u32 {
  let zeros = i32x4.splat(0), bad = i32x4.splat(0), largest = i32x4.splat(load<u32>(COUNTS + 8));
  for (let i: usize = 0; i < 4096; i += 4) {
    const v = read(x, dtype, i), magnitude = v128.and(v, i32x4.splat(0x7fffffff));
    const special = i32x4.ge_u(magnitude, i32x4.splat(0x7f800000));
    zeros = i32x4.sub(zeros, i32x4.eq(magnitude, i32x4.splat(0)));
    bad = i32x4.sub(bad, special);
    largest = i32x4.max_u(largest, v128.andnot(magnitude, special));
    addProducts(SQUARES + (i & 15) * 8, v, v);
  }
  store<u32>(COUNTS, load<u32>(COUNTS) + sumOfLanes(zeros));
  store<u32>(COUNTS + 4, load<u32>(COUNTS + 4) + sumOfLanes(bad));
  const two = i32x4.max_u(largest, v128.shuffle<i32>(largest, largest, 2, 3, 0, 1));
  store<u32>(COUNTS + 8, i32x4.extract_lane(i32x4.max_u(two, v128.shuffle<i32>(two, two, 1, 0, 3, 2)), 0));
  return sumOfLanes(zeros);
}

/** Adds the dot product of the tile at x with the one at OTHER to reference r. */
export function dot(x: usize, dtype: i32, r: usize): void {
  for (let i: usize = 0; i < 4096; i += 4) addProducts(DOTS + r * 128 + (i & 15) * 8, read(x, dtype, i), v128.load(OTHER + i * 4));
}

/** Zeroes the sums, lanes and counts of a segment. */
export function clear(k: i32): void {
  memory.fill(SUMS, 0, k * 4);
  memory.fill(SQUARES, 0, 1164);
}

/** Fills the swizzle table; once, before anything else. */
export function start(): void {
  for (let m = 0; m < 4; m++) {
    for (let j = 0; j < 16; j++) store<u8>(SWIZZLES + m * 16 + j, <u8>((((j >> 2) ^ m) << 2) | (j & 3)));
  }
}
