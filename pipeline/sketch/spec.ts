import { DataError } from '../errors.ts';

/** Rises with any change of the sketch's bits. Sketches of different versions are never compared. */
export const ALGO = 'tps-sjlt';
export const ALGO_VERSION = 1;

/** Coordinates that move as one: 64 lanes share a slot, a sign word and one lane mask per copy. */
export const BLOCK = 64;
/** Coordinates permuted together: 64 blocks. */
export const TILE = 4096;
/** Coordinates summed in fp32 before the sum goes to fp64: 32 tiles. */
export const SEGMENT = 32 * TILE;

/** Which random matrix: sketches are comparable only where all three agree. */
export interface SketchSpec {
  /** Unsigned 64 bits. */
  readonly seed: bigint;
  /** Length of the sketch: a power of two, 512 to 8192. */
  readonly k: number;
  /** Non-zeros per coordinate: 1, 2, 4 or 8. More of them tame the tails, only `k` shrinks the error. */
  readonly s: number;
}

/** Every legal pair of k and s, ascending: `k = s * rows * 64` with at most 64 rows per copy. */
export const LEGAL_SHAPES: readonly { k: number; s: number }[] = [512, 1024, 2048, 4096, 8192].flatMap((k) =>
  [1, 2, 4, 8].filter((s) => k / (s * BLOCK) <= 64).map((s) => ({ k, s })),
);

/** Slots of one copy that are summed into the same row of 64 outputs: 64 / rows. */
export const slotsPerRow = ({ k, s }: SketchSpec): number => (BLOCK * BLOCK * s) / k;

/** @throws DataError for a seed, k or s outside the specification. */
export function checkSpec(spec: SketchSpec, where = 'sketch'): SketchSpec {
  if (!LEGAL_SHAPES.some(({ k, s }) => k === spec.k && s === spec.s)) {
    const expected = 'k in 512, 1024, 2048, 4096, 8192 and s in 1, 2, 4, 8 with k / s at most 4096';
    throw DataError.of({
      where: `${where}.k, ${where}.s`,
      expected,
      found: { k: spec.k, s: spec.s },
      fix: 'use k=4096, s=4',
    });
  }
  if (typeof spec.seed !== 'bigint' || BigInt.asUintN(64, spec.seed) !== spec.seed) {
    const expected = 'an unsigned 64-bit bigint';
    throw DataError.of({ where: `${where}.seed`, expected, found: spec.seed, fix: 'pass for example 1n' });
  }
  return spec;
}
