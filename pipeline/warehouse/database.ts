import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';

export interface DatabaseOptions {
  memory_limit?: string;
  threads?: number;
  /** Where sorts spill. DuckDB's own default is a folder in the working directory. */
  temp_directory?: string;
}

const reading: ReadonlySet<StatementType> = new Set([StatementType.SELECT, StatementType.EXPLAIN]);

/** SQL over Parquet, in memory: the files are the shared truth, so each process opens its own. */
export class Database {
  readonly connection: DuckDBConnection;
  /** Null in a connection that another one made. */
  private readonly instance: DuckDBInstance | null;

  private constructor(instance: DuckDBInstance | null, connection: DuckDBConnection) {
    this.instance = instance;
    this.connection = connection;
  }

  static async open({ memory_limit = '4GB', threads = 2, temp_directory }: DatabaseOptions = {}): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      ...(temp_directory ? { temp_directory } : {}),
    });
    return new Database(instance, await instance.connect());
  }

  /** Another connection to the same tables: a long question there keeps nobody waiting here. Close it before this one. */
  async another(): Promise<Database> {
    return new Database(null, await this.instance!.connect());
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** Rows as plain values: 64-bit integers as numbers, lists as arrays. */
  async rows(sql: string): Promise<Record<string, unknown>[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowObjectsJS().map((row) => plain(row) as Record<string, unknown>);
  }

  /** Rows of one query that only reads. Anything else is refused before it runs: what a user asks must change nothing. */
  async ask(sql: string): Promise<Record<string, unknown>[]> {
    const statements = await this.connection.extractStatements(sql);
    if (statements.count !== 1) throw new Error(`one query at a time, found ${statements.count}`);
    const prepared = await statements.prepare(0);
    try {
      if (!reading.has(prepared.statementType)) throw new Error('only queries that read, such as select');
      const reader = await prepared.runAndReadAll();
      return reader.getRowObjectsJS().map((row) => plain(row) as Record<string, unknown>);
    } finally {
      prepared.destroySync();
    }
  }

  async columns(sql: string): Promise<{ name: string; type: string }[]> {
    const reader = await this.connection.runAndReadAll(`describe ${sql}`);
    return reader.getRowObjectsJS().map((r) => ({ name: String(r.column_name), type: String(r.column_type) }));
  }

  close(): void {
    this.connection.closeSync();
    this.instance?.closeSync();
  }
}

/** `'it''s'` */
export const quote = (value: string): string => `'${value.replaceAll("'", "''")}'`;

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return safeNumber(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value;
}

function safeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError(`${value} does not fit a number; cast it to VARCHAR in the query`);
  return number;
}
