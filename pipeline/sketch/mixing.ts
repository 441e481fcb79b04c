/** The specification's integer functions. Everything here is exact in every language. */

/** Two 32-bit words that pick the random matrix of one tensor. */
export type Key = readonly [number, number];

const MASK64 = (1n << 64n) - 1n;

/** FNV-1a, 64 bits, over the UTF-8 bytes: the identity of a tensor is its canonical name. */
export function nameHash(name: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(name)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK64;
  return hash;
}

/** SplitMix64's step and finaliser. */
export function mix64(value: bigint): bigint {
  let z = (value + 0x9e3779b97f4a7c15n) & MASK64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK64;
  return z ^ (z >> 31n);
}

/** Key of a tensor under a seed: the two halves, low first, of `mix64(mix64(seed) ^ hash)`. */
export function tensorKey(seed: bigint, hash: bigint): Key {
  const key = mix64(mix64(seed) ^ hash);
  return [Number(key & 0xffffffffn), Number(key >> 32n)];
}

/** MurmurHash3's 32-bit finaliser. */
export function fmix32(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Upper 32 bits of a 32 x 32 bit product, by 16-bit halves. */
function mulHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return (aHigh * bHigh + Math.floor(middle / 65536) + (aLow * bHigh + (middle & 0xffff)) / 65536) >>> 0;
}

/** Philox4x32-10 (Salmon et al. 2011), in place on a counter of four words. */
export function philox(counter: Uint32Array, [key0, key1]: Key): Uint32Array {
  for (let round = 0; round < 10; round++) {
    const [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
    const k0 = Math.imul(round, 0x9e3779b9) + key0;
    const k1 = Math.imul(round, 0xbb67ae85) + key1;
    counter[0] = mulHigh(c2, 0xcd9e8d57) ^ c1 ^ k0;
    counter[1] = Math.imul(c2, 0xcd9e8d57);
    counter[2] = mulHigh(c0, 0xd2511f53) ^ c3 ^ k1;
    counter[3] = Math.imul(c0, 0xd2511f53);
  }
  return counter;
}
