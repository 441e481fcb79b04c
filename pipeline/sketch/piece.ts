import { DataError } from '../errors.ts';
import { type Numbers, numbersFrom } from './floats.ts';
import { type Key, nameHash, tensorKey } from './mixing.ts';
import { MAX_REFERENCES } from './sketch.ts';
import { SEGMENT, TILE } from './spec.ts';

/** A reference gradient over a piece's coordinates. */
export interface Reference {
  readonly values: Numbers;
  /** Flat index of its first value. Left out, it is packed like the piece: value for value. */
  readonly base?: number;
}

/** Values of one tensor that lie one after another in memory. */
export interface Piece {
  /** Canonical name of the tensor: part of the hash. */
  readonly name: string;
  readonly values: Numbers;
  /** Flat row-major index of the first value in the full, unsharded tensor; 0 when left out. */
  readonly offset?: number;
  /** A column shard: runs of `length` values, `stride` apart in the full tensor. One run when left out. */
  readonly rows?: { readonly length: number; readonly stride: number };
  /** At most 8. Their exact dot products with the piece are summed on the way. */
  readonly references?: readonly Reference[];
}

/** A checked piece in one form: rows of `length` values, `stride` apart, from `offset`. */
export interface Run {
  readonly key: Key;
  readonly values: Numbers;
  readonly references: readonly Reference[];
  readonly offset: number;
  readonly length: number;
  readonly stride: number;
  /** Flat index after the last value. */
  readonly end: number;
}

/** Values of a run that lie together: values[from, from + count) have flat indices from `flat` on. */
export interface Stretch {
  readonly flat: number;
  readonly from: number;
  readonly count: number;
}

/** @throws DataError for offsets, rows or references that cannot be right. */
export function toRun(piece: Piece, seed: bigint): Run {
  return keyedRun(piece, tensorKey(seed, nameHash(piece.name)));
}

/** `toRun` under a given key: what the golden vectors are written for. */
export function keyedRun({ name, values, offset = 0, rows, references = [] }: Piece, key: Key): Run {
  const whole = rows === undefined || rows.length >= values.length;
  const { length, stride } = whole ? { length: values.length, stride: values.length } : rows;
  const where = `tensor ${name}`;
  for (const [field, value] of Object.entries({ offset, 'rows.length': length, 'rows.stride': stride }))
    checkIndex(where, field, value);
  if (!whole && (length === 0 || stride < length)) {
    throw DataError.of({
      where: `${where}, rows`,
      expected: '0 < length <= stride',
      found: rows,
      fix: 'count rows in elements',
    });
  }
  const count = length === 0 ? 0 : Math.ceil(values.length / length);
  const end = count === 0 ? offset : offset + (count - 1) * stride + (values.length - (count - 1) * length);
  checkIndex(where, 'offset', end);
  const run = { key, values, references, offset, length, stride, end };
  checkReferences(where, run);
  return run;
}

/** The run cut at row ends and at every tile, in order. */
export function* stretches(run: Run): Generator<Stretch> {
  for (let from = 0; from < run.values.length; ) {
    const row = Math.floor(from / run.length);
    const flat = run.offset + row * run.stride + (from - row * run.length);
    const rowLeft = Math.min(run.length, run.values.length - row * run.length) - (from - row * run.length);
    const count = Math.min(rowLeft, TILE - (flat % TILE));
    yield { flat, from, count };
    from += count;
  }
}

/** Copies a stretch into its place in an empty tile. */
export function copyStretch(
  values: Numbers,
  from: number,
  count: number,
  flat: number,
  tile: Float32Array | Uint16Array,
): void {
  tile.set(numbersFrom(values, from, count), flat % TILE);
}

/** Where a stretch starts in a reference. */
export const referenceFrom = (reference: Reference, stretch: Stretch): number =>
  reference.base === undefined ? stretch.from : stretch.flat - reference.base;

export const tileOf = (flat: number): number => Math.floor(flat / TILE);
export const segmentOf = (flat: number): number => Math.floor(flat / SEGMENT);

function checkIndex(where: string, field: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  const expected = 'a count of elements from 0 to 2^53 - 1';
  throw DataError.of({ where: `${where}, ${field}`, expected, found: value, fix: 'count elements, not bytes' });
}

function checkReferences(where: string, run: Run): void {
  const covers = ({ values, base }: Reference): boolean =>
    base === undefined ? values.length === run.values.length : base <= run.offset && run.end - base <= values.length;
  if (run.references.length <= MAX_REFERENCES && run.references.every(covers)) return;
  const found = run.references.map(({ values, base }) => ({ base, count: values.length }));
  const expected = `at most ${MAX_REFERENCES}, each over all ${run.values.length} values`;
  throw DataError.of({ where: `${where}, references`, expected, found, fix: 'cut references as the gradient is cut' });
}
