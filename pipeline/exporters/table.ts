import { writeFile } from 'node:fs/promises';
import { tables } from '../../schemas/index.ts';
import { DataError } from '../errors.ts';
import { quote } from '../warehouse/database.ts';
import type { Warehouse } from '../warehouse/store.ts';
import { createViews } from '../warehouse/views.ts';
import { arrowFile } from './arrow.ts';
import type { Bundle } from './bundle.ts';

export const tableProfiles = ['parquet', 'csv', 'jsonl', 'arrow'] as const;
export type TableProfile = (typeof tableProfiles)[number];

export interface TableOptions {
  /** Name of a table or mart, whose rows of the round are meant; or a query. */
  query: string;
  round: number;
  profile: TableProfile;
}

const copies: Record<Exclude<TableProfile, 'arrow'>, string> = {
  parquet: 'format parquet, compression zstd, row_group_size 2048',
  csv: 'format csv, header true',
  jsonl: 'format json',
};

/** The answer to a query as one file. The order is the query's; a table comes in the order of its key. */
export async function exportTable(bundle: Bundle, store: Warehouse, options: TableOptions): Promise<{ rows: number }> {
  await createViews(store);
  const { database } = store;
  const sql = queryOf(options);
  const rows = await database.ask(sql).catch((error: Error) => {
    throw DataError.of({
      where: '--query',
      expected: 'a table, a mart, or a query that only reads',
      found: error.message.split('\n')[0],
      fix: 'see socratic sql --list for tables and marts',
    });
  });
  const { profile } = options;
  await bundle.make(`rows.${profile}`, async (file) => {
    if (profile === 'arrow') await writeFile(file, arrowFile(await database.columns(sql), rows));
    else await database.run(`copy (${sql}\n) to ${quote(file)} (${copies[profile]})`);
  });
  return { rows: rows.length };
}

function queryOf({ query, round }: TableOptions): string {
  const text = query.trim().replace(/;\s*$/, '');
  if (!/^\w+$/.test(text)) return text;
  const table = tables.find(({ name }) => name === text);
  return `select * from ${text} where round = ${round} order by ${table ? table.key.join(', ') : 'all'}`;
}
