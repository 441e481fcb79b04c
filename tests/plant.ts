import { Database } from '../pipeline/warehouse/database.ts';
import { createMarts, emptyTable } from '../pipeline/warehouse/views.ts';
import { tables } from '../schemas/index.ts';

/** Rows by table; columns left out are null. */
export type Plant = Record<string, Record<string, unknown>[]>;

/** A database with every table, empty, and every mart over them. */
export async function emptyWarehouse(): Promise<Database> {
  const database = await Database.open({ threads: 1 });
  for (const table of tables) await database.run(`create table ${table.name} as ${emptyTable(table)}`);
  await createMarts(database);
  return database;
}

export async function plantIn(database: Database, rows: Plant): Promise<void> {
  for (const [table, list] of Object.entries(rows))
    for (const row of list)
      await database.run(`insert into ${table} (${Object.keys(row)}) values (${Object.values(row).map(literal)})`);
}

const literal = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(literal)}]`;
  if (Number.isNaN(value)) return "'nan'::double";
  return typeof value === 'string' ? `'${value}'` : String(value);
};
