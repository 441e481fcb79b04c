import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ImportSummary, importTraces } from '../../../pipeline/traces/import.ts';
import { ingestBatch } from '../../../pipeline/traces/ingest.ts';
import { Database, quote } from '../../../pipeline/warehouse/database.ts';
import { emptyTable } from '../../../pipeline/warehouse/views.ts';
import { tables } from '../../../schemas/index.ts';

export interface Imported {
  summary: ImportSummary;
  digest: string;
  rows(sql: string): Promise<Record<string, unknown>[]>;
}

type Files = Record<string, string | Buffer | object>;

/** Lines of JSON. */
export const jsonLines = (...values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** Writes files, imports their folder (or `inputs` inside it), and hands the tables to SQL. Cleans up after `check`. */
export async function imported(
  files: Files,
  check: (result: Imported, folder: string) => Promise<void>,
  options: { inputs?: string[]; known?: string[]; anonymise?: boolean; format?: string } = {},
): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'socratic-import-'));
  const database = await Database.open({ threads: 1, memory_limit: '1GB' });
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(root, 'in', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
    }
    const inputs = (options.inputs ?? ['']).map((input) => join(root, 'in', input));
    await check(await importInto(database, inputs, join(root, 'scratch'), options), join(root, 'in'));
  } finally {
    database.close();
    rmSync(root, { recursive: true, force: true });
  }
}

export async function importInto(
  database: Database,
  inputs: string[],
  scratch: string,
  { known = [], anonymise = false, format }: { known?: string[]; anonymise?: boolean; format?: string } = {},
): Promise<Imported> {
  mkdirSync(scratch, { recursive: true });
  const seen = new Set(known);
  const run = (batch: Parameters<typeof ingestBatch>[0]) => ingestBatch(batch, database, seen);
  const result = await importTraces(
    { inputs, scratch, format: format ?? null, anonymise, run, workers: 1 },
    database,
    seen,
  );
  for (const table of tables) {
    const parts = result.parts.filter((part) => part.table === table.name).map((part) => quote(part.file));
    await database.run(
      `create or replace view ${table.name} as ${parts.length > 0 ? `select 0 as round, * from read_parquet([${parts.join(', ')}])` : emptyTable(table)}`,
    );
  }
  return { summary: result.summary, digest: result.digest, rows: (sql) => database.rows(sql) };
}
