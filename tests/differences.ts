import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '../pipeline/warehouse/database.ts';
import { Warehouse } from '../pipeline/warehouse/store.ts';
import { columnsOf, type Table } from '../schemas/table.ts';
import { AnswerKeys, Tasks } from '../schemas/tasks.ts';
import { Verdicts } from '../schemas/verdicts.ts';

/** What decides a verdict, and the verdict. */
const compared: readonly Table[] = [Tasks, AnswerKeys, Verdicts];

/** Every row of some tables as a line, without the columns that may differ between equal runs. */
const linesOf = async (folder: string, database: Database): Promise<string[]> => {
  const store = new Warehouse(join(folder, 'warehouse'), database);
  const lines = await Promise.all(
    compared.map(async (table) => {
      const names = columnsOf(table).filter((column) => !column.is_volatile);
      const rows = (await store.read(table, 0)) as Record<string, unknown>[];
      return rows.map(
        (row) => `${table.name} ${JSON.stringify(Object.fromEntries(names.map(({ name }) => [name, row[name]])))}`,
      );
    }),
  );
  return lines.flat();
};

/** The rows that only one of two small rounds has: `-` the first, `+` the second. */
export async function differencesOf(first: string, second: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'differences-'));
  const database = await Database.open({ temp_directory: folder });
  try {
    const [before, after] = [await linesOf(first, database), await linesOf(second, database)];
    return [
      ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
      ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
    ];
  } finally {
    database.close();
    await rm(folder, { recursive: true, force: true });
  }
}
