import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { createViews, sqlFiles } from '../pipeline/warehouse/views.ts';
import { tables } from '../schemas/index.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';

export default defineCommand({
  summary: 'ask the warehouse: read-only SQL over every table and mart, each with its round',
  positionals: ['query'],
  options: z.object({
    query: z.string().optional().describe('SQL, or the name of a mart'),
    file: z.string().optional().describe('file with the query'),
    list: z.boolean().default(false).describe('list tables and marts'),
    ...asJson,
    ...common,
  }),
  async run({ query, file, list, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const warehouse = await openWarehouse(settings);
    try {
      await createViews(warehouse);
      const { database } = warehouse;
      await database.run(`set allowed_directories = ['${resolve(settings.data).replaceAll("'", "''")}/']`);
      await database.run('set enable_external_access = false');
      await database.run('set lock_configuration = true');
      const rows = list ? await listing() : await ask(file ? await textOf(file) : (query ?? ''));
      effects.print(json ? JSON.stringify(rows) : drawTable(rows));

      async function ask(text: string): Promise<object[]> {
        const sql = /^\w+$/.test(text.trim()) ? `select * from ${text}` : text;
        if (sql.trim() === '')
          throw DataError.of({
            where: 'sql',
            expected: "a query, for example socratic sql 'select * from gate_funnel'",
            found: 'nothing',
            fix: 'see socratic sql --list',
          });
        return database.ask(sql).catch((error: Error) => {
          throw DataError.of({
            where: 'sql',
            expected: 'a query that DuckDB can run',
            found: firstOf(error.message),
            fix: 'see socratic sql --list for tables and marts',
          });
        });
      }
    } finally {
      warehouse.database.close();
    }
  },
});

/** DuckDB's complaint without the excerpt of the query. */
const firstOf = (message: string): string =>
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
  const marts = (await sqlFiles('marts')).map((m) => ({ name: m.name, kind: 'mart', about: m.header.purpose }));
  return [...marts, ...tables.map((t) => ({ name: t.name, kind: 'table', about: t.doc }))];
}
