import { randomUUID } from 'node:crypto';
import { glob, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { columnsOf, type Row, type Table } from '../../schemas/table.ts';
import { DataError } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type { Manifest, OutputRecord, TableStore } from '../stage.ts';
import type { Database } from './database.ts';
import { fileDigest, publish, writeAtomic } from './files.ts';
import { readParquet, sortByKey, writeParquet } from './parquet.ts';
import { storable } from './storable.ts';

/** A finished Parquet file of a table. */
export interface AdoptedPart {
  table: Table;
  file: string;
  rows: number;
  sha256: string;
}

/**
 * Tables as Parquet files under one folder: `<table>/round=<n>/…parquet` and `manifests/round=<n>/<stage>.json`.
 * Sealed tables (answer keys) live under `sealed/`, which nothing that a Solver touches ever mounts.
 * Manifests are the truth: a file that none of them names does not exist, so a crash leaves nothing to repair.
 */
export class Warehouse implements TableStore {
  readonly root: string;
  readonly database: Database;

  constructor(root: string, database: Database) {
    this.root = root;
    this.database = database;
  }

  async read<T extends Table>(table: T, round: number): Promise<Row<T>[]> {
    return readParquet(this.database, table, await this.files(table, round));
  }

  async digest(table: Table, round: number): Promise<string | null> {
    const digests = (await this.recordsOf(table, round)).map((record) => record.digest);
    if (digests.length === 0) return null;
    return digests.length === 1 ? digests[0]! : sha256(digests.sort().join('\n'));
  }

  async manifest(round: number, stage: string): Promise<Manifest | null> {
    return readManifest(join(this.manifestFolder(round), `${stage}.json`));
  }

  async isIntact(manifest: Manifest): Promise<boolean> {
    for (const { path, sha256: recorded } of Object.values(manifest.outputs).flatMap((o) => o.files)) {
      if ((await fileDigest(join(this.root, path))) !== recorded) return false;
    }
    return true;
  }

  async commit(
    manifest: Omit<Manifest, 'outputs'>,
    tables: readonly { table: Table; rows: readonly unknown[] }[],
  ): Promise<Manifest> {
    const { round } = manifest;
    const { stage } = manifest.ingredients;
    const staging = join(this.root, '.staging', randomUUID());
    await mkdir(staging, { recursive: true });
    try {
      const outputs: Record<string, OutputRecord> = {};
      for (const { table, rows } of tables)
        outputs[table.name] = await this.stageTable(staging, round, stage, table, rows);
      for (const { path } of Object.values(outputs).flatMap((o) => o.files)) {
        await publish(join(staging, path.replaceAll('/', '__')), join(this.root, path));
      }
      const complete: Manifest = { ...manifest, outputs };
      const replaced = await this.manifest(round, stage).catch(() => null);
      await this.record(complete);
      await this.removeReplaced(replaced, complete);
      return complete;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /**
   * Commits Parquet parts that were written elsewhere on the same disk, for what is too much to pass as rows. The parts
   * are moved in; `rows` and digests are taken as the writer counted them.
   */
  async adopt(manifest: Omit<Manifest, 'outputs'>, parts: readonly AdoptedPart[]): Promise<Manifest> {
    const { round } = manifest;
    const { stage } = manifest.ingredients;
    const outputs: Record<string, OutputRecord> = {};
    for (const { table, file, rows, sha256: digest } of parts) {
      const folder = table.is_sealed ? `sealed/${table.name}` : table.name;
      const path = `${folder}/round=${round}/${stage}-${digest.slice(0, 12)}.parquet`;
      await publish(file, join(this.root, path));
      outputs[table.name] ??= { files: [], rows: 0, digest: '' };
      const record = outputs[table.name]!;
      record.files.push({ path, sha256: digest });
      record.rows += rows;
    }
    for (const record of Object.values(outputs)) record.digest = sha256(record.files.map((f) => f.sha256).join('\n'));
    const complete: Manifest = { ...manifest, outputs };
    await this.record(complete);
    return complete;
  }

  /** Every finished stage of a round, by name. */
  async manifests(round: number): Promise<Manifest[]> {
    const names = await namesIn(this.manifestFolder(round));
    const found = await Promise.all(
      names
        .filter((n) => n.endsWith('.json') && !n.startsWith('.'))
        .map((n) => readManifest(join(this.manifestFolder(round), n))),
    );
    return found.filter((m) => m !== null).sort((a, b) => (a.ingredients.stage < b.ingredients.stage ? -1 : 1));
  }

  /** Rounds that have at least one finished stage, ascending. */
  async rounds(): Promise<number[]> {
    const names = await namesIn(join(this.root, 'manifests'));
    return names
      .flatMap((name) => /^round=(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /** Absolute paths of a table's files in a round, after a look that they are the recorded ones. */
  async files(table: Table, round: number): Promise<string[]> {
    const files = (await this.recordsOf(table, round)).flatMap((record) => record.files);
    await this.requireIntact(table, round, files);
    return files.map((f) => join(this.root, f.path));
  }

  /** Removes what killed runs left: staging, and parts that no manifest names. Only call it while holding the lock. */
  async clean(): Promise<void> {
    await rm(join(this.root, '.staging'), { recursive: true, force: true });
    const named = new Set<string>();
    for (const round of await this.rounds()) {
      for (const { outputs } of await this.manifests(round))
        for (const { path } of Object.values(outputs).flatMap((output) => output.files)) named.add(path);
    }
    const parts = await Array.fromAsync(glob('{sealed/,}*/round=*/*.parquet', { cwd: this.root }));
    for (const path of parts) if (!named.has(path)) await rm(join(this.root, path), { force: true });
  }

  private async stageTable(
    staging: string,
    round: number,
    stage: string,
    table: Table,
    rows: readonly unknown[],
  ): Promise<OutputRecord> {
    const draft = join(staging, `${table.name}.parquet`);
    await writeParquet(this.database, table, rows as Row<Table>[], draft);
    const digest = (await fileDigest(draft))!;
    const folder = table.is_sealed ? `sealed/${table.name}` : table.name;
    const path = `${folder}/round=${round}/${stage}-${digest.slice(0, 12)}.parquet`;
    await publish(draft, join(staging, path.replaceAll('/', '__')));
    return { files: [{ path, sha256: digest }], rows: rows.length, digest: contentDigest(table, rows as Row<Table>[]) };
  }

  private async removeReplaced(old: Manifest | null, now: Manifest): Promise<void> {
    const kept = new Set(Object.values(now.outputs).flatMap((o) => o.files.map((f) => f.path)));
    const gone = Object.values(old?.outputs ?? {}).flatMap((o) => o.files.map((f) => f.path));
    for (const path of gone.filter((p) => !kept.has(p))) await rm(join(this.root, path), { force: true });
  }

  private async recordsOf(table: Table, round: number): Promise<OutputRecord[]> {
    return (await this.manifests(round)).flatMap((m) => m.outputs[table.name] ?? []);
  }

  private async requireIntact(
    table: Table,
    round: number,
    files: readonly { path: string; sha256: string }[],
  ): Promise<void> {
    for (const { path, sha256: recorded } of files) {
      const found = await fileDigest(join(this.root, path));
      if (found === recorded) continue;
      throw DataError.of({
        where: join(this.root, path),
        expected: `the part of table ${table.name} that its manifest recorded (sha256 ${recorded.slice(0, 12)})`,
        found: found === null ? 'no such file' : `sha256 ${found.slice(0, 12)}`,
        fix: `run make round N=${Math.max(1, round)} again: the stage that wrote the part runs again`,
      });
    }
  }

  /** Names the parts of a stage that lie here already: from now on it is finished. */
  async record(manifest: Manifest): Promise<void> {
    const { round, ingredients } = manifest;
    const file = join(this.manifestFolder(round), `${ingredients.stage}.json`);
    await writeAtomic(file, `${JSON.stringify(manifest, null, 2)}\n`);
  }

  private manifestFolder(round: number): string {
    return join(this.root, 'manifests', `round=${round}`);
  }
}

/** Digest of the rows in key order without their volatile columns. */
export function contentDigest(table: Table, rows: readonly Row<Table>[]): string {
  const names = columnsOf(table)
    .filter((c) => !c.is_volatile)
    .map((c) => c.name);
  const lines = sortByKey(table, rows.map(storable)).map((row) =>
    canonicalJson(names.map((n) => (row as Record<string, unknown>)[n])),
  );
  return sha256([table.name, names.join(','), ...lines].join('\n'));
}

const OutputShape = z.object({
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  rows: z.int(),
  digest: z.string(),
});
/** What readers of a manifest rely on. */
const ManifestShape = z.looseObject({
  fingerprint: z.string(),
  ingredients: z.looseObject({ stage: z.string() }),
  outputs: z.record(z.string(), OutputShape),
  dropped: z.record(z.string(), z.number()),
  wall_ms: z.number(),
});

async function readManifest(path: string): Promise<Manifest | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const damaged = (found: string) =>
    DataError.of({
      where: path,
      expected: 'a stage manifest in JSON',
      found,
      fix: 'delete the file and run the same command again: the stage runs again',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged((cause as Error).message);
  }
  const parsed = ManifestShape.safeParse(value);
  if (parsed.success) return value as Manifest;
  const { path: place, message } = parsed.error.issues[0]!;
  throw damaged(`${place.join('.') || 'the file'}: ${message}`);
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
