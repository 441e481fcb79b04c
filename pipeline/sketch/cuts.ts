import * as z from 'zod';
import { DataError } from '../errors.ts';
import type { Piece } from './piece.ts';
import type { SafetensorsHeader, TensorEntry } from './safetensors.ts';

/** The one version of the file contract: metadata key `sk.contract`. */
export const CONTRACT = 'socratic-grad/1';

const Index = z.int().nonnegative();
const Cut = z.object({
  offset: Index.default(0),
  full_shape: z.array(Index),
  row_len: Index.optional(),
  row_stride: Index.optional(),
});

/** Where a file's tensor lies in the full tensor. */
export interface Placed {
  readonly tensor: TensorEntry;
  readonly offset: number;
  readonly rows?: Piece['rows'];
  /** Elements of the full tensor. */
  readonly full: number;
}

/** Reads the `pieces` metadata; a tensor it does not name is whole. @throws DataError naming file and field. */
export function readCuts(header: SafetensorsHeader): Placed[] {
  const contract = header.metadata['sk.contract'];
  if (contract !== undefined && contract !== CONTRACT) throw wrong(header, 'sk.contract', CONTRACT, contract);
  const cuts = parseCuts(header);
  for (const name of Object.keys(cuts)) {
    if (!header.tensors.some((tensor) => tensor.name === name))
      throw wrong(header, `pieces['${name}']`, 'a tensor of this file', name);
  }
  const doubles = header.tensors.find(({ dtype }) => dtype === 'F64');
  if (doubles) throw wrong(header, `tensor '${doubles.name}'.dtype`, 'F32, BF16 or F16', doubles.dtype);
  return header.tensors.map((tensor) => place(header, tensor, cuts[tensor.name]));
}

function parseCuts(header: SafetensorsHeader): Record<string, unknown> {
  const text = header.metadata.pieces;
  if (text === undefined) return {};
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    throw wrong(header, 'pieces', 'a JSON object in a string', text);
  }
}

function place(header: SafetensorsHeader, tensor: TensorEntry, raw: unknown): Placed {
  if (raw === undefined) return { tensor, offset: 0, full: tensor.count };
  const field = `pieces['${tensor.name}']`;
  const parsed = Cut.safeParse(raw);
  if (!parsed.success)
    throw wrong(header, field, 'full_shape, and offset, row_len, row_stride as counts of elements', raw);
  const { offset, full_shape, row_len = 0, row_stride = 0 } = parsed.data;
  const full = full_shape.reduce((product, side) => product * side, 1);
  const strided = row_len > 0 && row_len < tensor.count;
  if (strided && row_stride < row_len) throw wrong(header, `${field}.row_stride`, `at least ${row_len}`, row_stride);
  const rowCount = strided ? Math.ceil(tensor.count / row_len) : 1;
  const span = strided ? (rowCount - 1) * row_stride + (tensor.count - (rowCount - 1) * row_len) : tensor.count;
  if (tensor.count > 0 && offset + span > full)
    throw wrong(header, `${field}.offset`, `at most ${full - span}`, offset);
  return { tensor, offset, full, ...(strided && { rows: { length: row_len, stride: row_stride } }) };
}

const wrong = ({ path }: SafetensorsHeader, field: string, expected: string, found: unknown): DataError =>
  DataError.of({
    where: `${path}, __metadata__.${field}`,
    expected,
    found,
    fix: 'write the file again with socratic_sketch.py',
  });
