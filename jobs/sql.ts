import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { createStoredViews, storedViews } from '../pipeline/harness/stored.ts';
import { type Database, quote } from '../pipeline/warehouse/database.ts';
import { createViews, sqlFiles } from '../pipeline/warehouse/views.ts';
import { tables } from '../schemas/index.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { csvOf } from './csv.ts';
import { drawTable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';
import { openShell } from './sql-shell.ts';

export default defineCommand({
  summary: 'ask the warehouse: read-only SQL over every table and mart, each with its round',
  positionals: ['query'],
  options: z.object({
    query: z.string().optional().describe('SQL, or the name of a table or mart; none on a terminal opens a shell'),
    file: z.string().optional().describe('file with the query'),
    list: z.boolean().default(false).describe('list tables and marts'),
    csv: z.boolean().default(false).describe('comma-separated output'),
    parquet: z.string().optional().describe('Parquet file to write the answer to'),
    ...asJson,
    ...common,
  }),
  async run({ query, file, list, csv, parquet, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const warehouse = await openWarehouse(settings);
    const { database } = warehouse;
    try {
      await createViews(warehouse);
      await createStoredViews(database, join(resolve(settings.data), 'cache', 'executions'));
      await lock(database, resolve(settings.data), parquet);
      const text = file ? await textOf(file) : (query ?? '');
      if (list) effects.print(written(await listing(), { csv, json }));
      else if (text.trim() === '' && effects.isTerminal && process.stdin.isTTY) {
        await openShell(database, { history: join(resolve(settings.data), 'cache', 'sql-history'), listing });
      } else if (parquet) effects.log(`wrote ${await toParquet(database, queryOf(text), parquet)} rows to ${parquet}`);
      else effects.print(written(await ask(database, text), { csv, json }));
    } finally {
      database.close();
    }
    return 0;
  },
});

/** No file but the warehouse's can be read, none but the one asked for written, and no query can undo that. */
export async function lock(database: Database, data: string, parquet: string | undefined): Promise<void> {
  await database.run(`set allowed_directories = [${quote(`${data}/`)}]`);
  if (parquet) await database.run(`set allowed_paths = [${quote(resolve(parquet))}]`);
  await database.run('set enable_external_access = false');
  await database.run('set lock_configuration = true');
}

const written = (rows: readonly object[], { csv, json }: { csv: boolean; json: boolean }): string =>
  json ? JSON.stringify(rows) : csv ? csvOf(rows) : drawTable(rows);

/** A bare name is a table or a mart. */
function queryOf(text: string): string {
  if (text.trim() === '')
    throw DataError.of({
      where: 'sql',
      expected: "a query, for example socratic sql 'select * from gate_funnel'",
      found: 'nothing',
      fix: 'see socratic sql --list',
    });
  return /^\w+$/.test(text.trim()) ? `select * from ${text}` : text;
}

async function ask(database: Database, text: string): Promise<Record<string, unknown>[]> {
  return database.ask(queryOf(text)).catch((error: Error) => {
    throw DataError.of({
      where: 'sql',
      expected: 'a query that DuckDB can run',
      found: firstOf(error.message),
      fix: 'see socratic sql --list for tables and marts',
    });
  });
}

/** Rows written. The query is checked to be one that only reads before it becomes part of another. */
async function toParquet(database: Database, sql: string, file: string): Promise<number> {
  const query = sql.trim().replace(/;\s*$/, '');
  await ask(database, `explain ${query}`);
  const target = quote(resolve(file));
  await database.run(`copy (${query}\n) to ${target} (format parquet, compression zstd)`);
  const [row] = await database.rows(`select count(*)::integer as n from read_parquet(${target})`);
  return Number(row!.n);
}

/** DuckDB's complaint without the excerpt of the query. */
export const firstOf = (message: string): string =>
  message
    .replace(/^Failed to extract statements: /, '')
    .split(/\n\s*LINE \d/)[0]!
    .trim()
    .replace(/\s*\n\s*/g, ' ');

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw DataError.of({ where: '--file', expected: 'a file with SQL', found: error.message, fix: 'check the path' });
  });
}

async function listing(): Promise<object[]> {
  const views = (kind: 'marts' | 'staging', word: string) =>
    sqlFiles(kind).then((files) => files.map(({ name, header }) => ({ name, kind: word, about: header.purpose })));
  const rest = tables.map((t) => ({ name: t.name, kind: t.is_sealed ? 'sealed table' : 'table', about: t.doc }));
  const stored = storedViews.map((view) => ({ ...view, kind: 'stored' }));
  return [...(await views('marts', 'mart')), ...(await views('staging', 'staging')), ...rest, ...stored];
}
