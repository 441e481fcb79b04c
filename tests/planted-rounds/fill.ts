import type * as z from 'zod';
import { columnsOf, type Row, type Table } from '../../schemas/table.ts';

const zeros: Record<string, unknown[]> = {
  VARCHAR: ['', '{}'],
  INTEGER: [0],
  BIGINT: [0],
  DOUBLE: [0],
  BOOLEAN: [false],
};

/** A row with what is given; the rest null, or zero where null is not allowed. */
export function fill<T extends Table>(table: T, given: Partial<Row<T>>): Row<T> {
  const blank = (templates.get(table) as Row<T>) ?? blankOf(table);
  templates.set(table, blank);
  return { ...blank, ...given } as Row<T>;
}

const templates = new Map<Table, unknown>();

function blankOf<T extends Table>(table: T): Row<T> {
  const entries = columnsOf(table).map(({ name, sql, is_nullable }) => {
    if (is_nullable) return [name, null];
    if (sql.endsWith('[]')) return [name, []];
    const schema = table.row.shape[name] as z.ZodType;
    return [name, zeros[sql]!.find((value) => schema.safeParse(value).success)];
  });
  return Object.fromEntries(entries) as Row<T>;
}
