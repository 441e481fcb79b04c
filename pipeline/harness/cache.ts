import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defineTable, id, json, oneOf, type Row, text } from '../../schemas/table.ts';
import type { Database } from '../warehouse/database.ts';
import { publish } from '../warehouse/files.ts';
import { readParquet, writeParquet } from '../warehouse/parquet.ts';

export const Executions = defineTable('executions', {
  doc: 'What came out of running tests on an edited tree: asked once, remembered for every later round.',
  key: ['execution_id'],
  columns: {
    execution_id: id('Hash of harness, repository tree, edits and tests.'),
    repository_id: text('Repository.'),
    kind: oneOf(['probe', 'suite'], 'One candidate edit, or a run of many tests.'),
    result: json('Probe or SuiteRun of pipeline/ports.ts.'),
  },
});
type Execution = Row<typeof Executions>;

const partsBeforeCompaction = 24;

/** Executions by id, kept in Parquet parts. What was flushed survives a kill; a part is whole or absent. */
export class ExecutionCache {
  private readonly folder: string;
  private readonly database: Database;
  private readonly known = new Map<string, string>();
  private pending: Execution[] = [];
  private flushing: Promise<void> = Promise.resolve();

  private constructor(folder: string, database: Database) {
    this.folder = folder;
    this.database = database;
  }

  static async open(folder: string, database: Database): Promise<ExecutionCache> {
    await mkdir(folder, { recursive: true });
    const cache = new ExecutionCache(folder, database);
    await cache.load();
    return cache;
  }

  get size(): number {
    return this.known.size;
  }

  get<T>(key: string): T | undefined {
    const text = this.known.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  set(key: string, repository_id: string, kind: Execution['kind'], result: unknown): void {
    const text = JSON.stringify(result).toWellFormed();
    this.known.set(key, text);
    this.pending.push({ execution_id: key, repository_id, kind, result: text });
    if (this.pending.length >= 1000) void this.flush();
  }

  /** Writes what is pending. Failures surface here, at the next flush or at close. */
  flush(): Promise<void> {
    const rows = this.pending;
    this.pending = [];
    this.flushing = this.flushing.then(() => this.writePart(rows));
    this.flushing.catch(() => {});
    return this.flushing;
  }

  private async writePart(rows: Execution[]): Promise<void> {
    if (rows.length === 0) return;
    const staged = join(this.folder, `.${randomUUID()}.tmp`);
    await writeParquet(this.database, Executions, rows, staged);
    await publish(staged, join(this.folder, `${randomUUID()}.parquet`));
  }

  private async load(): Promise<void> {
    const names = await readdir(this.folder);
    for (const stray of names.filter((n) => n.startsWith('.'))) await rm(join(this.folder, stray), { force: true });
    const parts = names.filter((n) => n.endsWith('.parquet')).sort();
    // one at a time, so that a complaint names the damaged part
    const rows: Execution[] = [];
    for (const part of parts) rows.push(...(await readParquet(this.database, Executions, [join(this.folder, part)])));
    for (const row of rows) this.known.set(row.execution_id, row.result);
    if (parts.length > partsBeforeCompaction) await this.compact(parts, rows);
  }

  private async compact(parts: readonly string[], rows: readonly Execution[]): Promise<void> {
    const unique = [...new Map(rows.map((row) => [row.execution_id, row])).values()];
    await this.writePart(unique);
    for (const part of parts) await rm(join(this.folder, part), { force: true });
  }
}
