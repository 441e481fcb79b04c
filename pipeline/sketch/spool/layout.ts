import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { DataError } from '../../errors.ts';

export const DONE = '_DONE.json';
export const REFUSED = '_REFUSED.json';
export const CLAIM = '_CLAIM.json';

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

export interface TaskPlace {
  readonly round: number;
  readonly split: 'candidate' | 'val';
  readonly task_id: string;
}

/** `spool/round=0002/split=candidate/task=<id>`; the id is escaped as in a URL. */
export const taskFolder = (spool: string, { round, split, task_id }: TaskPlace): string =>
  join(spool, `round=${pad(round, 4)}`, `split=${split}`, `task=${encodeURIComponent(task_id)}`);

/** `rank=00003-of-00008.safetensors` */
export const rankFile = (rank: number, world: number): string => `rank=${pad(rank, 5)}-of-${pad(world, 5)}.safetensors`;

/** Tasks that are written in full and neither refused nor claimed, by path. */
export function readyTasks(spool: string): string[] {
  const done = globSync(`round=*/split=*/task=*/${DONE}`, { cwd: spool });
  const folders = done.map((path) => join(spool, dirname(path)));
  return folders.filter((folder) => !existsSync(join(folder, REFUSED))).sort();
}

const Done = z.strictObject({ ranks: z.int().positive(), expected_numel: z.int().nonnegative() });
export type Done = z.infer<typeof Done>;

/** @throws DataError when the marker is not what the contract says. */
export function readDone(folder: string): Done {
  const path = join(folder, DONE);
  try {
    return Done.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const expected = '{"ranks": count, "expected_numel": elements of the whole gradient}';
    throw DataError.of({ where: path, expected, found: (error as Error).message, fix: 'write the task again' });
  }
}

/** Rank files present, and any file the contract does not know. */
export function listRanks(folder: string): { ranks: string[]; strangers: string[] } {
  const names = readdirSync(folder).sort();
  const ranks = names.filter((name) => /^rank=\d{5}-of-\d{5}\.safetensors$/.test(name));
  return { ranks, strangers: names.filter((name) => !ranks.includes(name) && ![DONE, REFUSED, CLAIM].includes(name)) };
}

/** Bytes the spool holds now, unfinished files included. */
export function spoolBytes(spool: string): number {
  if (!existsSync(spool)) return 0;
  const files = readdirSync(spool, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce(
    (sum, file) => sum + (statSync(join(file.parentPath, file.name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
