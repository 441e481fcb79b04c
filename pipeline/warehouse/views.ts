import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tables } from '../../schemas/index.ts';
import { columnsOf, type Table } from '../../schemas/table.ts';
import type { Database } from './database.ts';
import { checkColumns, partsOf } from './parquet.ts';
import type { Warehouse } from './store.ts';

const sqlFolder = fileURLToPath(new URL('../../sql', import.meta.url));

export interface SqlFile {
  /** File name without `.sql`: the name of the view, or of the check. */
  name: string;
  sql: string;
  /** What the header says: grain, reads, what it is for. */
  header: { purpose: string; grain: string; reads: string[] };
}

/** One view per table over every round, with the round as a column, then one view per query of staging and marts. */
export async function createViews(warehouse: Warehouse): Promise<void> {
  for (const table of tables) await warehouse.database.run(await tableView(warehouse, table));
  await createMarts(warehouse.database);
}

/** Marts may read marts that come before them by name of their `-- reads:` header. */
export async function createMarts(database: Database): Promise<void> {
  const waiting = [...(await sqlFiles('staging')), ...(await sqlFiles('marts'))];
  const done = new Set(tables.map((t) => t.name));
  while (waiting.length > 0) {
    const index = waiting.findIndex((mart) => mart.header.reads.every((name) => done.has(name)));
    if (index < 0) throw new Error(`marts read each other in a circle: ${waiting.map((m) => m.name).join(', ')}`);
    const [mart] = waiting.splice(index, 1);
    await database.run(`create or replace view ${mart!.name} as ${mart!.sql}`);
    done.add(mart!.name);
  }
}

export async function sqlFiles(kind: 'staging' | 'marts' | 'checks' | 'report' | 'view'): Promise<SqlFile[]> {
  const folder = join(sqlFolder, kind);
  const names = (await readdir(folder)).filter((n) => n.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => readSqlFile(basename(name, '.sql'), await readFile(join(folder, name), 'utf8'))),
  );
}

export function readSqlFile(name: string, text: string): SqlFile {
  const field = (key: string) => text.match(new RegExp(`^-- ${key}:\\s*(.*)$`, 'm'))?.[1]?.trim() ?? '';
  const reads = field('reads')
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean);
  return { name, sql: text.trim().replace(/;$/, ''), header: { purpose: field(name), grain: field('grain'), reads } };
}

async function tableView(warehouse: Warehouse, table: Table): Promise<string> {
  const names = columnsOf(table).map((c) => c.name);
  const parts: string[] = [];
  for (const round of await warehouse.rounds()) {
    const files = await warehouse.files(table, round);
    if (files.length === 0) continue;
    const source = partsOf(files);
    await checkColumns(warehouse.database, table, source, files);
    parts.push(`select ${round}::integer as round, ${names.join(', ')} from ${source}`);
  }
  return `create or replace view ${table.name} as ${parts.join(' union all ') || emptyTable(table)}`;
}

/** A view with the right columns and no row: what a table looks like before anything wrote it. */
export const emptyTable = (table: Table): string =>
  `select ${[`null::integer as round`, ...columnsOf(table).map((c) => `null::${c.sql} as ${c.name}`)].join(', ')} where false`;
