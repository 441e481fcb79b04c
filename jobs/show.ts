import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { type Database, quote } from '../pipeline/warehouse/database.ts';
import { createViews } from '../pipeline/warehouse/views.ts';
import { asJson, type Command, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable, printable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';

export interface ShowSpec {
  what: string;
  summary: string;
  /** Query of `ls`; may use no parameter. */
  list: string;
  /** Key column and table of `show`. */
  key: string;
  table: string;
  page(database: Database, id: string): Promise<string>;
}

/** A command with `ls` and `show <id>`; an id may be cut to a prefix that fits one row. */
export const showCommand = (spec: ShowSpec): Command =>
  defineCommand({
    summary: spec.summary,
    positionals: ['action', 'id'],
    options: z.object({
      action: z.enum(['ls', 'show']).default('ls').describe('ls lists, show prints one'),
      id: z.string().optional().describe(`${spec.what} id, or the beginning of one`),
      round: z.coerce.number().int().min(0).optional().describe('only this round'),
      ...asJson,
      ...common,
    }),
    async run({ action, id, round, json, config, set }, effects) {
      const warehouse = await openWarehouse(
        loadSettings({ files: config, environment: effects.environment, flags: set }),
      );
      const { database } = warehouse;
      try {
        await createViews(warehouse);
        if (action === 'ls') {
          const rows = await database.rows(
            `select * from (${spec.list}) ${round === undefined ? '' : `where round = ${round}`}`,
          );
          effects.print(json ? JSON.stringify(rows) : drawTable(rows));
          return;
        }
        const found = await findOne(database, spec, id);
        effects.print(json ? JSON.stringify(found) : printable(await spec.page(database, String(found[spec.key]))));
      } finally {
        database.close();
      }
    },
  });

/** The row of the one id that begins so, of its last round. Needs `createViews`. */
export async function findOne(
  database: Database,
  spec: Pick<ShowSpec, 'what' | 'key' | 'table'>,
  id: string | undefined,
): Promise<Record<string, unknown>> {
  if (!id)
    throw DataError.of({
      where: `${spec.what}s show`,
      expected: `a ${spec.what} id`,
      found: 'nothing',
      fix: `socratic ${spec.what}s ls lists them`,
    });
  const rows = await database.rows(
    `select * from ${spec.table} where starts_with(${spec.key}, ${quote(id)}) order by ${spec.key}, round desc`,
  );
  const ids = new Set(rows.map((row) => row[spec.key]));
  if (ids.size === 1) return rows[0]!;
  throw DataError.of({
    where: `${spec.what}s show ${id}`,
    expected: `the beginning of one ${spec.what} id`,
    found: ids.size === 0 ? 'no such id' : `${ids.size} ids that begin so`,
    fix: `socratic ${spec.what}s ls lists them`,
  });
}
