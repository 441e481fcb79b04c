import { existsSync, globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sha256 } from '../../hash.ts';
import { Database, quote } from '../../warehouse/database.ts';
import { publish } from '../../warehouse/files.ts';
import { writeParquet } from '../../warehouse/parquet.ts';
import { claimTask, releaseTask } from './claim.ts';
import { REFUSED, readyTasks } from './layout.ts';
import { type GradientSketch, GradientSketches } from './rows.ts';

export interface DrainOptions {
  readonly spool: string;
  /** Folder the Parquet parts go to. */
  readonly parts: string;
  /** Sketches one task's folder; run on a pool. Throws only for bugs and for a worker that died. */
  readonly sketch: (folder: string) => Promise<GradientSketch>;
  /** Tasks in flight at once. */
  readonly width: number;
  /** Rows per part: their spool files are freed together, so up to twice this times a gradient's size is held back. */
  readonly rowsPerPart: number;
  readonly projection_id: string;
}

export interface DrainReport {
  readonly sketched: number;
  readonly refused: number;
  /** Already committed by a run that died before it could delete the files. */
  readonly recovered: number;
  /** Tasks whose worker died or failed twice; they stay in the spool. */
  readonly failed: readonly { folder: string; error: string }[];
}

/**
 * Sketches every ready task once. A task's files go only after its row is on disk under its final name. While one part
 * is written, the next is sketched.
 */
export async function drainSpool(options: DrainOptions): Promise<DrainReport> {
  const database = await Database.open({ threads: 1 });
  let written = Promise.resolve();
  try {
    sweep(options.spool);
    const committed = await committedTasks(database, options);
    const report: Report = { sketched: 0, refused: 0, recovered: 0, failed: [] };
    const ready = readyTasks(options.spool);
    for (let at = 0; at < ready.length; at += options.rowsPerPart) {
      const folders = ready.slice(at, at + options.rowsPerPart);
      const [results] = await Promise.all([sketchOwn(options, folders, committed, report), written]);
      written = finish(database, options.parts, results, report);
    }
    await written;
    return report;
  } finally {
    await Promise.allSettled([written]);
    database.close();
  }
}

type Report = { -readonly [key in Exclude<keyof DrainReport, 'failed'>]: number } & {
  failed: { folder: string; error: string }[];
};

/** Of these tasks the ones that are ours to sketch; those with a row already are done with. */
async function claim(folders: readonly string[], committed: ReadonlySet<string>, report: Report): Promise<string[]> {
  const mine = folders.filter((folder) => claimTask(folder));
  const old = mine.filter((folder) => committed.has(taskKey(folder)));
  for (const folder of old) await discard(folder);
  report.recovered += old.length;
  return mine.filter((folder) => !old.includes(folder));
}

/** Claims what it can of these tasks and sketches it. */
async function sketchOwn(
  options: DrainOptions,
  folders: readonly string[],
  committed: ReadonlySet<string>,
  report: Report,
): Promise<Result[]> {
  const mine = await claim(folders, committed, report);
  return mapWidth(mine, options.width, (folder) => sketchTwice(options, folder));
}

/** Commits the rows of a part, then lets go of its tasks. */
async function finish(database: Database, parts: string, results: readonly Result[], report: Report): Promise<void> {
  const rows = results.flatMap((result) => (result.row ? [result.row] : []));
  if (rows.length > 0) await commit(database, parts, rows);
  for (const { folder, row, error } of results) {
    if (!row) report.failed.push({ folder, error });
    else if (row.status === 'refused') report.refused++;
    else report.sketched++;
    await settle(folder, row);
  }
}

/** Sketched: the files have served. Refused: they stay, marked, for whoever must mend them. Failed: anyone may try again. */
async function settle(folder: string, row: GradientSketch | null): Promise<void> {
  if (row && row.status !== 'refused') return discard(folder);
  if (row) writeFileSync(join(folder, REFUSED), `${JSON.stringify({ reason: row.reason })}\n`);
  releaseTask(folder);
}

/** Gone in one step: nobody ever sees half a task. Freeing a gradient's pages takes long enough to keep workers waiting. */
async function discard(folder: string): Promise<void> {
  const gone = join(dirname(folder), `.gone-${basename(folder)}`);
  renameSync(folder, gone);
  await rm(gone, { recursive: true, force: true });
}

/** What a killed process was about to delete. */
function sweep(spool: string): void {
  for (const gone of globSync('round=*/split=*/.gone-*', { cwd: spool }))
    rmSync(join(spool, gone), { recursive: true, force: true });
}

interface Result {
  readonly folder: string;
  readonly row: GradientSketch | null;
  readonly error: string;
}

/** A dead worker takes nothing with it: the task runs again on another. */
async function sketchTwice({ sketch }: DrainOptions, folder: string): Promise<Result> {
  const first = await attempt(sketch, folder);
  return first.row ? first : attempt(sketch, folder);
}

async function attempt(sketch: DrainOptions['sketch'], folder: string): Promise<Result> {
  try {
    return { folder, row: await sketch(folder), error: '' };
  } catch (error) {
    return { folder, row: null, error: (error as Error).message };
  }
}

async function commit(database: Database, parts: string, rows: readonly GradientSketch[]): Promise<void> {
  mkdirSync(parts, { recursive: true });
  const name = `part-${sha256(rows.map(({ task_id, ckpt, projection_id }) => `${task_id} ${ckpt} ${projection_id}`).join('\n')).slice(0, 16)}.parquet`;
  const staged = join(parts, `.${name}.tmp`);
  await writeParquet(database, GradientSketches, rows, staged);
  await publish(staged, join(parts, name));
}

/** `<round> <task_id>` of rows that are safe on disk and were not refusals. */
async function committedTasks(database: Database, { parts, projection_id }: DrainOptions): Promise<Set<string>> {
  if (!existsSync(parts) || globSync('*.parquet', { cwd: parts }).length === 0) return new Set();
  const source = `read_parquet(${quote(join(parts, '*.parquet'))}, hive_partitioning = false)`;
  const rows = await database.rows(
    `select distinct round, split, task_id from ${source} where projection_id = ${quote(projection_id)} and status <> 'refused'`,
  );
  return new Set(rows.map(({ round, split, task_id }) => `${round} ${split} ${task_id}`));
}

function taskKey(folder: string): string {
  const [, round, split, task] = /round=(\d+).split=(\w+).task=([^/\\]*)$/.exec(folder) ?? [];
  return `${Number(round)} ${split} ${decodeURIComponent(task ?? '')}`;
}

/** Results in the order of items, at most `width` under way. */
async function mapWidth<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!);
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, lane));
  return results;
}
