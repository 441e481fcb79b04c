import * as z from 'zod';

/**
 * What DuckDB stores for a column. Every constructor declares its own answer, so nothing inspects zod internals.
 * A volatile column (a timing, a host) may differ between equal runs: it is left out of content digests.
 */
interface ColumnMeta {
  sql: string;
  doc: string;
  volatile?: true;
}

/** Largest value of SQL's INTEGER. */
const mostInteger = 2 ** 31 - 1;

const columnMeta = z.registry<ColumnMeta>();

const column = <S extends z.ZodType>(schema: S, meta: ColumnMeta): S => {
  columnMeta.add(schema, meta);
  return schema;
};

const metaOf = (schema: z.ZodType): ColumnMeta => {
  const meta = columnMeta.get(schema);
  if (!meta) throw new Error('column has no SQL type; build it with the helpers in schemas/table.ts');
  return meta;
};

export const id = (doc: string) => column(z.string().min(1), { sql: 'VARCHAR', doc });
export const text = (doc: string) => column(z.string(), { sql: 'VARCHAR', doc });
/** Where something lies on this machine; volatile. */
export const place = (doc: string) => column(z.string(), { sql: 'VARCHAR', doc, volatile: true });
/** A string that holds valid JSON. */
export const json = (doc: string) =>
  column(z.string().refine(isJson, { error: 'expected valid JSON text' }), { sql: 'VARCHAR', doc });
/** A count that depends on what earlier runs left in a cache; volatile. */
export const tally = (doc: string) =>
  column(z.int().nonnegative().max(mostInteger), { sql: 'INTEGER', doc, volatile: true });
export const count = (doc: string) => column(z.int().nonnegative().max(mostInteger), { sql: 'INTEGER', doc });
/** Whole numbers up to 2^53, for sizes and tokens. */
export const whole = (doc: string) => column(z.int(), { sql: 'BIGINT', doc });
export const real = (doc: string) => column(z.number(), { sql: 'DOUBLE', doc });
export const flag = (doc: string) => column(z.boolean(), { sql: 'BOOLEAN', doc });
/** UTC, ISO 8601 with milliseconds and a Z. */
export const timestamp = (doc: string) => column(z.iso.datetime({ precision: 3 }), { sql: 'VARCHAR', doc });
/** 32-bit floats; a sketch. */
export const floats = (doc: string) => column(z.array(z.float32()), { sql: 'FLOAT[]', doc });
/** Milliseconds; volatile. */
export const duration = (doc: string) => column(z.number().nonnegative(), { sql: 'DOUBLE', doc, volatile: true });
export const oneOf = <const V extends readonly [string, ...string[]]>(values: V, doc: string) =>
  column(z.enum(values), { sql: 'VARCHAR', doc: `${doc} One of: ${values.join(', ')}.` });
export const listOf = <S extends z.ZodType>(item: S, doc: string) =>
  column(z.array(item), { sql: `${metaOf(item).sql}[]`, doc });
export const optional = <S extends z.ZodType>(item: S) => column(item.nullable(), metaOf(item));

export interface Table<Shape extends z.ZodRawShape = any> {
  name: string;
  /** Columns that identify one row. */
  key: readonly string[];
  doc: string;
  /** Holds what no Solver may see; stored under a prefix of its own. */
  is_sealed: boolean;
  row: z.ZodObject<Shape>;
}

export type Row<T extends Table> = z.infer<T['row']>;

export const defineTable = <Shape extends z.ZodRawShape>(
  name: string,
  spec: { doc: string; key: readonly (keyof Shape & string)[]; is_sealed?: true; columns: Shape },
): Table<Shape> => ({
  name,
  doc: spec.doc,
  key: spec.key,
  is_sealed: spec.is_sealed ?? false,
  row: z.strictObject(spec.columns) as z.ZodObject<Shape>,
});

export interface ColumnInfo {
  name: string;
  sql: string;
  doc: string;
  is_nullable: boolean;
  is_volatile: boolean;
}

/** Columns in declaration order. */
export const columnsOf = (table: Table): ColumnInfo[] =>
  Object.entries(table.row.shape).map(([name, schema]) => {
    const { sql, doc, volatile } = metaOf(schema as z.ZodType);
    return {
      name,
      sql,
      doc,
      is_nullable: (schema as z.ZodType).safeParse(null).success,
      is_volatile: volatile ?? false,
    };
  });

export const createTableSql = (table: Table): string => {
  const lines = columnsOf(table).map((c) => `  ${c.name} ${c.sql}${c.is_nullable ? '' : ' NOT NULL'}`);
  return `CREATE TABLE ${table.name} (\n${[...lines, `  PRIMARY KEY (${table.key.join(', ')})`].join(',\n')}\n)`;
};

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
