import {
  Bool,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Table,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { DataError } from '../errors.ts';

interface Column {
  name: string;
  /** As DuckDB describes it. */
  type: string;
}

const scalars: Record<string, () => DataType> = {
  VARCHAR: () => new Utf8(),
  BOOLEAN: () => new Bool(),
  INTEGER: () => new Int32(),
  BIGINT: () => new Int64(),
  FLOAT: () => new Float32(),
  DOUBLE: () => new Float64(),
};

/** Rows as an Arrow IPC file. Lists of floats that are all of one length, as sketches are, become fixed-size lists. */
export function arrowFile(columns: readonly Column[], rows: readonly Record<string, unknown>[]): Uint8Array {
  const vectors = columns.map((column) => [column.name, vectorOf(column, rows)] as const);
  return tableToIPC(new Table(Object.fromEntries(vectors) as Record<string, Vector>), 'file');
}

function vectorOf(column: Column, rows: readonly Record<string, unknown>[]): Vector {
  const values = rows.map((row) => cellOf(column, row[column.name]));
  return vectorFromArray(values, arrowType(column, values));
}

const cellOf = ({ type }: Column, value: unknown): unknown =>
  type === 'BIGINT' && value !== null ? BigInt(value as number) : value;

function arrowType({ name, type }: Column, values: readonly unknown[]): DataType {
  const scalar = scalars[type];
  if (scalar) return scalar();
  const item = scalars[type.replace(/\[\]$/, '')];
  if (!item || !type.endsWith('[]'))
    throw DataError.of({
      where: `column ${name}`,
      expected: `one of ${Object.keys(scalars).join(', ')}, or a list of one of them`,
      found: type,
      fix: `cast it in the query, for example to_json(${name})::varchar as ${name}`,
    });
  const field = new Field('item', item(), true);
  const length = type === 'FLOAT[]' ? commonLength(values as (readonly number[] | null)[]) : null;
  return length === null ? new List(field) : new FixedSizeList(length, field);
}

function commonLength(lists: readonly (readonly number[] | null)[]): number | null {
  const lengths = new Set(lists.flatMap((list) => (list === null ? [] : [list.length])));
  const [length] = lengths;
  return lengths.size === 1 && length! > 0 ? length! : null;
}
