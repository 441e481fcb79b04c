import { rm, writeFile } from 'node:fs/promises';
import { type Database, quote } from '../warehouse/database.ts';
import { storable } from '../warehouse/storable.ts';
import type { Bundle } from './bundle.ts';

/** Type of a column, as Parquet and as the Hub's `features` say it. */
export type Type =
  | 'string'
  | 'int64'
  | 'float64'
  | 'bool'
  | 'binary'
  | { list: Type }
  | { struct: Readonly<Record<string, Type>> };

/** Rows of an exported file: plain values, or bytes where the column is binary. */
export interface Rows {
  columns: Readonly<Record<string, Type>>;
  rows: readonly Readonly<Record<string, unknown>>[];
}

const sqlNames = { string: 'VARCHAR', int64: 'BIGINT', float64: 'DOUBLE', bool: 'BOOLEAN', binary: 'VARCHAR' };

const sqlOf = (type: Type): string => {
  if (typeof type === 'string') return sqlNames[type];
  if ('list' in type) return `${sqlOf(type.list)}[]`;
  return `STRUCT(${Object.entries(type.struct).map(([name, inner]) => `"${name}" ${sqlOf(inner)}`)})`;
};

/** The type in the words of the `datasets` library. */
const featureOf = (type: Type): unknown => {
  if (typeof type === 'string') return { dtype: type, _type: 'Value' };
  if ('list' in type) return { feature: featureOf(type.list), _type: 'List' };
  return featuresOf(type.struct);
};

export const featuresOf = (columns: Readonly<Record<string, Type>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, featureOf(type)]));

/** One Parquet file with small row groups and the types under the key that `datasets` looks for. */
export async function addParquet(
  bundle: Bundle,
  database: Database,
  path: string,
  { columns, rows }: Rows,
  rowGroup = 1000,
): Promise<void> {
  const declared = Object.entries(columns).map(([name, type]) => `${name}: ${quote(sqlOf(type))}`);
  const chosen = Object.entries(columns).map(([name, type]) =>
    type === 'binary' ? `from_base64(${name}) as ${name}` : name,
  );
  const huggingface = JSON.stringify({ info: { features: featuresOf(columns) } });
  await bundle.make(path, async (file) => {
    const staging = `${file}.jsonl`;
    const lines = rows.map((row) => jsonLines([row]));
    await writeFile(staging, lines.join(''));
    // DuckDB keeps a buffer of this size for each thread
    const longest = lines.reduce((most, line) => Math.max(most, Buffer.byteLength(line)), 1 << 20);
    await database.run(
      `copy (select ${chosen.join(', ')} from read_json(${quote(staging)}, format = 'newline_delimited',
         columns = {${declared.join(', ')}}, maximum_object_size = ${longest + 1}))
       to ${quote(file)} (format parquet, compression zstd, row_group_size ${rowGroup},
         kv_metadata {huggingface: ${quote(huggingface)}})`,
    );
    await rm(staging);
  });
}

/** A line of JSON for each row, binary columns in base64. */
export const jsonLines = (rows: readonly Readonly<Record<string, unknown>>[]): string =>
  rows.map((row) => `${JSON.stringify(storable(asText(row)))}\n`).join('');

const asText = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
    ]),
  );
