import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Database } from '../../pipeline/warehouse/database.ts';
import { readParquet, writeParquet } from '../../pipeline/warehouse/parquet.ts';
import { storable } from '../../pipeline/warehouse/storable.ts';
import { tables } from '../../schemas/index.ts';
import * as kind from '../../schemas/table.ts';

let database: Database;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'schemas-'));
  database = await Database.open({ threads: 1, temp_directory: folder });
});
afterAll(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

describe('createTableSql', () => {
  it.each(tables.map((table) => [table.name, table] as const))(
    '%s is made by DuckDB, with its columns',
    async (name, table) => {
      await database.run(kind.createTableSql(table));
      const found = await database.columns(`select * from ${name}`);
      expect(found).toEqual(kind.columnsOf(table).map((c) => ({ name: c.name, type: c.sql })));
      await database.run(`drop table ${name}`);
    },
  );

  it.each(tables.map((table) => [table.name, table] as const))(
    '%s has a key of columns that are never null or volatile, and docs',
    (_, table) => {
      const columns = new Map(kind.columnsOf(table).map((c) => [c.name, c]));
      expect(table.key.length).toBeGreaterThan(0);
      for (const name of table.key) expect(columns.get(name)).toMatchObject({ is_nullable: false, is_volatile: false });
      for (const { doc } of columns.values()) expect(doc.length).toBeGreaterThan(3);
      expect(columns.has('round'), 'the round is the path and the view, never a column').toBe(false);
    },
  );

  it('no two tables share a name', () => {
    expect(new Set(tables.map((t) => t.name)).size).toBe(tables.length);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\u0000',
    'a\u0000b',
    '\ud83d',
    '\udc00x',
    '\u2028',
    '\\u0000',
    '"',
    '\r\n',
    "it's",
    '\ufeff',
    '\u001b[31m',
  ),
);
const anyJson = fc.jsonValue().map((value) => JSON.stringify(value));
const double = fc.double({ noNaN: true, noDefaultInfinity: true });
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const instant = fc
  .date({ min: new Date(0), max: new Date('2999-01-01'), noInvalidDate: true })
  .map((d) => d.toISOString());

/** A column of each kind, with values it must keep. */
const kinds = {
  id: [kind.id('x.x.'), anyText.filter((s) => storable(s) !== '')],
  text: [kind.text('x.x.'), anyText],
  json: [kind.json('x.x.'), anyJson],
  tally: [kind.tally('x.x.'), fc.nat()],
  count: [kind.count('x.x.'), fc.integer({ min: 0, max: 2 ** 31 - 1 })],
  whole: [kind.whole('x.x.'), fc.maxSafeInteger()],
  real: [kind.real('x.x.'), double],
  flag: [kind.flag('x.x.'), fc.boolean()],
  timestamp: [kind.timestamp('x.x.'), instant],
  floats: [kind.floats('x.x.'), fc.array(float, { maxLength: 20 })],
  duration: [kind.duration('x.x.'), double.map(Math.abs)],
  oneOf: [kind.oneOf(['a', "b'c"], 'x.x.'), fc.constantFrom('a', "b'c")],
  listOf: [kind.listOf(kind.text('x.x.'), 'x.x.'), fc.array(anyText, { maxLength: 5 })],
  lists_of_numbers: [kind.listOf(kind.real('x.x.'), 'x.x.'), fc.array(double, { maxLength: 5 })],
  optional: [kind.optional(kind.text('x.x.')), fc.option(anyText)],
  optional_list: [kind.optional(kind.listOf(kind.whole('x.x.'), 'x.x.')), fc.option(fc.array(fc.maxSafeInteger()))],
} as const;

describe('round trip through Parquet', () => {
  it.each(Object.entries(kinds))('%s', async (name, [column, values]) => {
    const table = kind.defineTable('things', {
      doc: 'Things.',
      key: ['thing_id'],
      columns: { thing_id: kind.count('Key.'), value: column },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(values as fc.Arbitrary<unknown>, { minLength: 1, maxLength: 12 }), async (list) => {
        const rows = list.map((value, i) => ({ thing_id: i, value }));
        const file = join(folder, `${name}.parquet`);
        await writeParquet(database, table, rows as never, file);
        const back = await readParquet(database, table, [file]);
        expect(back.map((row) => (row as { value: unknown }).value)).toStrictEqual(list.map(storable));
      }),
      { numRuns: 40 },
    );
  });

  it.each<[string, unknown, unknown]>([
    ['count', kind.count('x.x.'), 2 ** 31],
    ['count', kind.count('x.x.'), -1],
    ['count', kind.count('x.x.'), 1.5],
    ['tally', kind.tally('x.x.'), 2 ** 31],
    ['whole', kind.whole('x.x.'), 2 ** 53],
    ['real', kind.real('x.x.'), Number.NaN],
    ['real', kind.real('x.x.'), Number.POSITIVE_INFINITY],
    ['duration', kind.duration('x.x.'), -1],
    ['json', kind.json('x.x.'), '{'],
    ['id', kind.id('x.x.'), ''],
    ['timestamp', kind.timestamp('x.x.'), '2026-01-01'],
    ['floats', kind.floats('x.x.'), [1e39]],
    ['oneOf', kind.oneOf(['a'], 'x.x.'), 'b'],
    ['text', kind.text('x.x.'), null],
  ])('%s refuses %s', async (_, column, value) => {
    const table = kind.defineTable('things', {
      doc: 'Things.',
      key: ['thing_id'],
      columns: { thing_id: kind.count('Key.'), value: column as never },
    });
    const write = writeParquet(database, table, [{ thing_id: 1, value }] as never, join(folder, 'refused.parquet'));
    await expect(write).rejects.toThrow(/things row 0\n.*a row of table things\n.*value[.:]/);
  });

  it('refuses an unknown column', async () => {
    const table = kind.defineTable('things', {
      doc: 'Things.',
      key: ['thing_id'],
      columns: { thing_id: kind.count('Key.') },
    });
    const write = writeParquet(
      database,
      table,
      [{ thing_id: 1, colour: 'red' }] as never,
      join(folder, 'refused.parquet'),
    );
    await expect(write).rejects.toThrow(/things row 0[\s\S]*colour/);
  });

  it('what is stored alters only what DuckDB would', () => {
    expect(['a\ud83d', '\ufeff\ufeffb', '\u0000', '😀', 'x\ufeff', -0, null].map(storable)).toStrictEqual([
      'a\ufffd',
      'b',
      '\u0000',
      '😀',
      'x\ufeff',
      0,
      null,
    ]);
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (s) => storable(s) === s || s.startsWith('\ufeff')));
  });

  it('a helper is needed for every column', () => {
    expect(() => kind.columnsOf(kind.defineTable('x', { doc: '', key: ['a'], columns: { a: z.string() } }))).toThrow(
      /build it with the helpers/,
    );
  });
});
