import { hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Database, quote } from '../../warehouse/database.ts';
import { redact } from '../redact.ts';
import { type Blob, type Fault, stream } from './blob.ts';

export interface ParquetRows {
  rows: AsyncIterable<{ value: unknown; sha256: string }>;
  /** Something about the whole file that its rows still carry. */
  fault: Fault | null;
}

const rowsAtOnce = 64;

/** Rows of a Parquet file as JSON values, a few at a time. Integers that no JavaScript number holds become text. */
export async function parquetRows(database: Database, blob: Blob): Promise<ParquetRows> {
  const { path, clean } = await onDisk(blob);
  const source = `read_parquet(${quote(path)}, hive_partitioning = false)`;
  try {
    const fault = await lostPrecision(database, path, source);
    return { fault, rows: rowsOf(database, source, clean) };
  } catch (error) {
    await clean();
    return {
      fault: { code: 'truncated', message: `not readable as Parquet: ${(error as Error).message.split('\n')[0]}` },
      rows: empty(),
    };
  }
}

async function* empty(): AsyncGenerator<never> {}

/** DuckDB reads files, not slices: members of archives are copied out first. */
async function onDisk(blob: Blob): Promise<{ path: string; clean: () => Promise<void> }> {
  if (blob.offset === 0 && blob.codec === 'none') return { path: blob.path, clean: async () => {} };
  const folder = await mkdtemp(join(tmpdir(), 'socratic-parquet-'));
  const path = join(folder, 'member.parquet');
  await pipeline(stream(blob), createWriteStream(path));
  return { path, clean: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * parquetjs squeezes 64-bit integers through JavaScript numbers: what it wrote beyond 2^53 is not what was meant.
 * Such values cannot be told from true ones, so the file is reported when it holds any.
 */
async function lostPrecision(database: Database, path: string, source: string): Promise<Fault | null> {
  const [meta] = await database.rows(`select created_by from parquet_file_metadata(${quote(path)})`);
  if (!/parquet\.?js|^parquets/i.test(String(meta?.created_by ?? ''))) return null;
  const wide = (await database.columns(`select * from ${source}`)).filter(
    (column) => column.type === 'BIGINT' || column.type === 'UBIGINT',
  );
  if (wide.length === 0) return null;
  const tests = wide.map(
    (column) => `count_if(abs(${ident(column.name)}::hugeint) >= 9007199254740992)::integer as ${ident(column.name)}`,
  );
  const [counts] = await database.rows(`select ${tests.join(', ')} from ${source}`);
  const lost = Object.entries(counts ?? {}).filter(([, count]) => Number(count) > 0);
  if (lost.length === 0) return null;
  return {
    code: 'int64_precision',
    message: `written by parquetjs, which rounds 64-bit integers beyond 2^53: ${lost.map(([name, count]) => `${name} (${count} values)`).join(', ')} cannot be trusted`,
  };
}

const ident = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function* rowsOf(
  database: Database,
  source: string,
  clean: () => Promise<void>,
): AsyncGenerator<{ value: unknown; sha256: string }> {
  try {
    const [{ n }] = (await database.rows(`select count(*)::integer as n from ${source}`)) as [{ n: number }];
    for (let from = 0; from < n; from += rowsAtOnce) {
      const reader = await database.connection.runAndReadAll(
        `select to_json(t)::varchar as row from (select * from ${source} limit ${rowsAtOnce} offset ${from}) t`,
      );
      for (const [row] of reader.getRows()) {
        const bytes = Buffer.from(String(row));
        yield { value: JSON.parse(redact(bytes).bytes.toString('utf8'), wideAsText), sha256: hash('sha256', bytes) };
      }
    }
  } finally {
    await clean();
  }
}

/** Source text of a number that would not survive. */
function wideAsText(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    context?.source &&
    /^-?\d{16,}$/.test(context.source)
    ? context.source
    : value;
}
