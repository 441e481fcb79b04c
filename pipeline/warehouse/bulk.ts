import { type DuckDBAppender, LIST, VARCHAR } from '@duckdb/node-api';
import { type ColumnInfo, columnsOf, type Row, type Table } from '../../schemas/table.ts';
import { type Database, quote } from './database.ts';
import { fileDigest } from './files.ts';

export interface Part {
  table: string;
  file: string;
  rows: number;
  /** Digest of the file; equal rows in equal order give equal bytes. */
  sha256: string;
}

type Append = (appender: DuckDBAppender, value: unknown) => void;

const appends: Record<string, Append> = {
  VARCHAR: (a, v) => a.appendVarchar(v as string),
  INTEGER: (a, v) => a.appendInteger(v as number),
  BIGINT: (a, v) => a.appendBigInt(BigInt(v as number)),
  DOUBLE: (a, v) => a.appendDouble(v as number),
  BOOLEAN: (a, v) => a.appendBoolean(v as boolean),
  'VARCHAR[]': (a, v) => a.appendList(v as string[], LIST(VARCHAR)),
};

/**
 * Writes many rows of one table to Parquet parts, in the order they come, holding no more than one part. Rows are
 * checked by the database's own types and NOT NULL, not one by one against the schema: for rows that this program made.
 */
export class BulkWriter<T extends Table> {
  readonly parts: Part[] = [];
  private readonly database: Database;
  private readonly table: T;
  private readonly prefix: string;
  private readonly partBytes: number;
  private readonly columns: { name: string; append: Append }[];
  private appender: DuckDBAppender | null = null;
  private rows = 0;
  private bytes = 0;

  /** @param prefix path of the parts without number and ending */
  constructor(database: Database, table: T, prefix: string, partBytes = 48 << 20) {
    this.database = database;
    this.table = table;
    this.prefix = prefix;
    this.partBytes = partBytes;
    this.columns = columnsOf(table).map((column) => ({ name: column.name, append: appendOf(table, column) }));
  }

  async add(row: Row<T>): Promise<void> {
    this.appender ??= await this.open();
    const values = row as Record<string, unknown>;
    for (const { name, append } of this.columns) {
      const value = values[name];
      if (value === null || value === undefined) this.appender.appendNull();
      else append(this.appender, value);
      if (typeof value === 'string') this.bytes += value.length;
    }
    this.appender.endRow();
    this.rows++;
    this.bytes += 16;
    if (this.bytes >= this.partBytes) await this.flush();
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    if (!this.appender) return;
    this.appender.closeSync();
    this.appender = null;
    const file = `${this.prefix}-${this.parts.length}.parquet`;
    await this.database.run(
      `copy bulk_${this.table.name} to ${quote(file)} (format parquet, compression zstd, compression_level 1, row_group_size 20480, kv_metadata {socratic_table: ${quote(this.table.name)}})`,
    );
    await this.database.run(`drop table bulk_${this.table.name}`);
    this.parts.push({ table: this.table.name, file, rows: this.rows, sha256: (await fileDigest(file))! });
    this.rows = 0;
    this.bytes = 0;
  }

  private async open(): Promise<DuckDBAppender> {
    const columns = columnsOf(this.table).map((c) => `${c.name} ${c.sql}${c.is_nullable ? '' : ' not null'}`);
    await this.database.run(`create or replace table bulk_${this.table.name} (${columns.join(', ')})`);
    return this.database.connection.createAppender(`bulk_${this.table.name}`);
  }
}

function appendOf(table: Table, column: ColumnInfo): Append {
  const append = appends[column.sql];
  if (!append) throw new Error(`${table.name}.${column.name}: no bulk append for ${column.sql}`);
  return append;
}
