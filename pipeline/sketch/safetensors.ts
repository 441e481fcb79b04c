import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as z from 'zod';
import { DataError } from '../errors.ts';
import { half, type Numbers } from './floats.ts';

const LONGEST_HEADER = 100 * 2 ** 20;
/** F64 only carries totals, never a gradient. */
const WIDTHS = { F32: 4, BF16: 2, F16: 2, F64: 8 } as const;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: keyof typeof WIDTHS;
  readonly shape: readonly number[];
  readonly count: number;
  /** Bytes from the start of the file. */
  readonly start: number;
  readonly bytes: number;
}

export interface SafetensorsHeader {
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** By ascending name (UTF-8 bytes). */
  readonly tensors: readonly TensorEntry[];
}

const Side = z.int().nonnegative();
const Entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(Side),
  data_offsets: z.tuple([Side, Side]),
});

/** Reads and checks the header: every tensor of a dtype we sketch, of the size its shape says, no gap, no overlap. */
export function readHeader(path: string): SafetensorsHeader {
  return withFile(path, (file) => {
    const size = fstatSync(file).size;
    const length = size < 8 ? -1 : Number(readAt(file, path, 0, 8).readBigUInt64LE());
    if (length < 0 || length > LONGEST_HEADER || length > size - 8) {
      throw wrong(path, 'header length', `at most ${Math.max(0, size - 8)} bytes`, length);
    }
    const { __metadata__: metadata = {}, ...entries } = parseHeader(
      path,
      readAt(file, path, 8, length).toString('utf8'),
    );
    const tensors = Object.entries(entries).map(([name, entry]) => toTensor(path, name, entry, 8 + length));
    tensors.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    checkNoHoles(path, tensors, 8 + length, size);
    const checked = z.record(z.string(), z.string()).safeParse(metadata);
    if (!checked.success) throw wrong(path, '__metadata__', 'strings only', metadata);
    return { path, metadata: checked.data, tensors };
  });
}

/** Reads one tensor's values. */
export function readTensor({ path }: SafetensorsHeader, { name, start, bytes, dtype }: TensorEntry): Numbers {
  const data = withFile(path, (file) => readAt(file, path, start, bytes)).buffer;
  if (dtype === 'F32') return new Float32Array(data);
  if (dtype === 'F64') throw wrong(path, `tensor '${name}'.dtype`, 'F32, BF16 or F16', dtype);
  return half(dtype === 'BF16' ? 'bf16' : 'fp16', new Uint16Array(data));
}

/** Values of an F64 tensor. */
export const readDoubles = ({ path }: SafetensorsHeader, { start, bytes }: TensorEntry): Float64Array =>
  new Float64Array(withFile(path, (file) => readAt(file, path, start, bytes)).buffer);

function parseHeader(path: string, text: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(text);
    if (header !== null && typeof header === 'object' && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch {
    // Told apart from a wrong type by nothing the user could use.
  }
  throw wrong(path, 'header', 'a JSON object', text.slice(0, 80));
}

function toTensor(path: string, name: string, raw: unknown, base: number): TensorEntry {
  const field = `tensor '${name}'`;
  const parsed = Entry.safeParse(raw);
  if (!parsed.success) throw wrong(path, field, 'dtype, shape and data_offsets', raw);
  const { dtype, shape, data_offsets } = parsed.data;
  if (!(dtype in WIDTHS)) throw wrong(path, `${field}.dtype`, 'F32, BF16 or F16', dtype);
  const [begin, end] = data_offsets;
  const count = shape.reduce((product, side) => product * side, 1);
  const known = dtype as keyof typeof WIDTHS;
  if (end - begin !== count * WIDTHS[known]) {
    throw wrong(path, `${field}.data_offsets`, `${count * WIDTHS[known]} bytes for shape [${shape}]`, end - begin);
  }
  return { name, dtype: known, shape, count, start: base + begin, bytes: end - begin };
}

function checkNoHoles(path: string, tensors: readonly TensorEntry[], base: number, size: number): void {
  let at = base;
  for (const tensor of tensors.toSorted((a, b) => a.start - b.start || a.bytes - b.bytes)) {
    if (tensor.start !== at)
      throw wrong(path, `tensor '${tensor.name}'.data_offsets`, `to begin at byte ${at - base}`, tensor.start - base);
    at += tensor.bytes;
  }
  if (at !== size) throw wrong(path, 'data', `${at - base} bytes`, size - base);
}

const wrong = (path: string, field: string, expected: string, found: unknown): DataError =>
  DataError.of({
    where: `${path}, ${field}`,
    expected,
    found,
    fix: 'write the file again; it is no complete safetensors gradient',
  });

function withFile<T>(path: string, use: (file: number) => T): T {
  const file = openFile(path);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw DataError.of({
      where: path,
      expected: 'a readable file',
      found: (error as Error).message,
      fix: 'check the path',
    });
  }
}

/** Its own memory, from offset 0, so that typed arrays of any width fit. */
function readAt(file: number, path: string, position: number, bytes: number): Buffer {
  const buffer = Buffer.from(new ArrayBuffer(bytes));
  for (let at = 0; at < bytes; ) {
    const got = readSync(file, buffer, at, Math.min(bytes - at, 2 ** 30), position + at);
    if (got === 0) throw wrong(path, 'data', `${bytes} bytes at ${position}`, `${at} bytes`);
    at += got;
  }
  return buffer;
}
