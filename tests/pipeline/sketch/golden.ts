import { sha256 } from '../../../pipeline/hash.ts';
import type { Key } from '../../../pipeline/sketch/mixing.ts';

/** SHA-256 of the unscaled fp64 little-endian totals of `goldenInput` under `GOLDEN_KEY` (SPEC.md, golden vectors). */
export const GOLDENS: readonly { k: number; s: number; sha: string }[] = [
  { k: 512, s: 4, sha: '34ae0730b6b9920a0a08b291d7f73b81d38cf48acdf6791706075b6ba9b6beb1' },
  { k: 512, s: 2, sha: '8ed9493d67c44eba42b00b15d286a42babe6eeb2e5102447cf67703a48478ca0' },
  { k: 4096, s: 2, sha: 'abb66ecd1f4df5584f67c5d658d5a2a228b3a609eb8459e303b66dd7e58e496c' },
  { k: 4096, s: 4, sha: 'f7d1c2e13be7eeb8920da5c95b3fc2e7f4ed8c076a778255f33af5b46889aaf1' },
  { k: 8192, s: 2, sha: 'd772a8202910b85628ee75fa9ab1203156210c044e9a26b4e3d8d1c5e02df671' },
  { k: 8192, s: 4, sha: '038d89179d03d3f1960ba4549ab7494e8158ab30f56952821d8e315e7b547fc8' },
];

export const GOLDEN_KEY: Key = [7, 9];
/** The seed and name that give that key, so that every implementation can be asked through its front door. */
export const GOLDEN_SEED = 0x8af400ffe179b452n;
export const GOLDEN_NAME = 'golden';

/** 96 tiles, from coordinate 0. */
export const goldenInput = (): Float32Array =>
  Float32Array.from({ length: 96 * 4096 }, (_, i) => Math.fround(Math.imul(i, 0x9e3779b1)) * 2 ** -31);

export const hashTotals = (totals: Float64Array): string =>
  sha256(new Uint8Array(totals.buffer, totals.byteOffset, totals.byteLength));
