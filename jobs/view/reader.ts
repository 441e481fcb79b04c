import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createStoredViews } from '../../pipeline/harness/stored.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { createViews, sqlFiles } from '../../pipeline/warehouse/views.ts';
import type { Row } from '../report/section.ts';
import { lock } from '../sql.ts';

/** The warehouse as it stood when it was opened. Nothing it is asked can write to it. */
export interface Reader {
  warehouse: Warehouse;
  database: Database;
  /** A connection for questions that may take long. */
  console: Database;
  rounds: readonly number[];
  rows(sql: string): Promise<Row[]>;
}

/** Opens every table and mart, and reads the lists into memory. */
export async function openReader(data: string): Promise<Reader> {
  const root = resolve(data);
  const database = await Database.open({ temp_directory: join(root, 'cache', 'duckdb') });
  try {
    const warehouse = new Warehouse(join(root, 'warehouse'), database);
    await createViews(warehouse);
    await createStoredViews(database, join(root, 'cache', 'executions'));
    for (const { name, sql } of await sqlFiles('view')) await database.run(`create or replace table ${name} as ${sql}`);
    await lock(database, root, undefined);
    return {
      warehouse,
      database,
      console: await database.another(),
      rounds: await warehouse.rounds(),
      rows: (sql) => database.rows(sql),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A reader that is opened anew when a stage has finished since. */
export class LiveReader {
  private readonly data: string;
  private opened: { stamp: string; reader: Promise<Reader> } | null = null;

  constructor(data: string) {
    this.data = data;
  }

  async current(): Promise<Reader> {
    const stamp = await stampOf(join(resolve(this.data), 'warehouse', 'manifests'));
    if (this.opened?.stamp !== stamp) {
      const old = this.opened?.reader;
      this.opened = { stamp, reader: openReader(this.data) };
      this.opened.reader.catch(() => {
        this.opened = null;
      });
      // whoever still reads the old one has finished by then
      if (old) setTimeout(() => old.then(closeReader).catch(() => {}), 60_000).unref();
    }
    return this.opened.reader;
  }

  async close(): Promise<void> {
    const reader = await this.opened?.reader.catch(() => null);
    this.opened = null;
    if (reader) closeReader(reader);
  }
}

function closeReader({ console, database }: Reader): void {
  console.close();
  database.close();
}

/** Changes when a manifest is written: names, sizes and times of all of them. */
async function stampOf(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const hash = createHash('sha256');
  for (const name of names.filter((n) => n.endsWith('.json')).sort()) {
    const { size, mtimeMs } = await stat(join(folder, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
