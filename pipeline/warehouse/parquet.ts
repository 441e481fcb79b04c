import { open, rm } from 'node:fs/promises';
import { columnsOf, type Row, type Table } from '../../schemas/table.ts';
import { DataError, show } from '../errors.ts';
import { type Database, quote } from './database.ts';
import { storable } from './storable.ts';

/** Bytes of the longest row that goes through the staging file. */
const maximumRowBytes = 1 << 28;

/**
 * Writes rows, checked against the table and sorted by its key, to one Parquet file.
 * Equal rows give equal bytes: the sort is total and DuckDB's version is pinned.
 */
export async function writeParquet<T extends Table>(
  database: Database,
  table: T,
  rows: readonly Row<T>[],
  file: string,
): Promise<void> {
  const staging = `${file}.jsonl`;
  const checked = sortByKey(
    table,
    rows.map((row, index) => checkRow(table, storable(row), `${table.name} row ${index}`)),
  );
  await writeLines(staging, checked);
  const columns = columnsOf(table);
  const declared = columns.map((c) => `${c.name}: ${quote(c.sql)}`).join(', ');
  const codec = columns.some((c) => c.sql === 'FLOAT[]') ? 'uncompressed' : 'zstd';
  await database.run(
    `copy (select * from read_json(${quote(staging)}, format = 'newline_delimited', columns = {${declared}},
       maximum_object_size = ${maximumRowBytes}) order by ${table.key.join(', ')})
     to ${quote(file)} (format parquet, compression ${codec}, row_group_size 20480,
       kv_metadata {socratic_table: ${quote(table.name)}})`,
  );
  await rm(staging);
}

/** Reads files of one table, refuses drifted columns and rows that do not match, sorts by key. */
export async function readParquet<T extends Table>(
  database: Database,
  table: T,
  files: readonly string[],
): Promise<Row<T>[]> {
  if (files.length === 0) return [];
  const source = partsOf(files);
  await checkColumns(database, table, source, files);
  const names = columnsOf(table).map((c) => c.name);
  const rows = await database.rows(`select ${names.join(', ')} from ${source} order by ${table.key.join(', ')}`);
  return rows.map((row, index) => checkRow(table, row, `${files[0]} row ${index}`));
}

/** The files as a table of DuckDB; their own columns count, not what their folders are called. */
export const partsOf = (files: readonly string[]): string =>
  `read_parquet([${files.map(quote).join(', ')}], hive_partitioning = false)`;

/** Refuses files that are no Parquet, or whose columns are not the table's. */
export async function checkColumns(
  database: Database,
  table: Table,
  source: string,
  files: readonly string[],
): Promise<void> {
  const found = await database.columns(`select * from ${source}`).catch((cause: Error) => {
    throw DataError.of({
      where: files.join(', '),
      expected: `Parquet files of table ${table.name}`,
      found: cause.message.split('\n')[0],
      fix: 'delete the damaged part and run the same command again: the stage that wrote it runs again',
    });
  });
  const expected = columnsOf(table).map((c) => `${c.name} ${c.sql}`);
  const actual = found.map((c) => `${c.name} ${c.type}`);
  const missing = expected.filter((c) => !actual.includes(c));
  const extra = actual.filter((c) => !expected.includes(c));
  if (missing.length + extra.length === 0) return;
  throw DataError.of({
    where: files.join(', '),
    expected: `columns of table ${table.name}: ${missing.join(', ') || 'as declared'}`,
    found: extra.join(', ') || `no ${missing.join(', ')}`,
    fix: 'the schema changed since this part was written: run make round again for the round in its path',
  });
}

export function checkRow<T extends Table>(table: T, row: unknown, where: string): Row<T> {
  const parsed = table.row.safeParse(row);
  if (parsed.success) return parsed.data as Row<T>;
  const problems = parsed.error.issues.map((issue) => {
    const found = issue.path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
      row,
    );
    return `${issue.path.join('.') || '(row)'}: ${issue.message}; found ${show(found)}`;
  });
  throw DataError.of({
    where,
    expected: `a row of table ${table.name}`,
    found: problems.join('\n         '),
    fix: `see schemas/, or run the job that wrote it again`,
  });
}

/** Key order as DuckDB sorts it: strings by bytes, numbers by value. */
export function sortByKey<T extends Table>(table: T, rows: Row<T>[]): Row<T>[] {
  const compare = (a: Row<T>, b: Row<T>): number => {
    for (const name of table.key) {
      const order = compareValues((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]);
      if (order !== 0) return order;
    }
    return 0;
  };
  return rows.sort(compare);
}

const compareValues = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number'
    ? a - b
    : Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));

async function writeLines(file: string, rows: readonly unknown[]): Promise<void> {
  const handle = await open(file, 'w');
  try {
    for (let at = 0; at < rows.length; at += 500) {
      const lines = rows.slice(at, at + 500).map((row) => `${JSON.stringify(row)}\n`);
      await handle.write(lines.join(''));
    }
  } finally {
    await handle.close();
  }
}
