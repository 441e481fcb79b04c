import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Handed, recordExport } from '../../jobs/export-record.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { createViews } from '../../pipeline/warehouse/views.ts';

const harbor: Handed = { round: 1, kind: 'harbor', profile: 'harbor', digest: 'aa', task_ids: ['task_1', 'task_2'] };
const verl: Handed = { round: 1, kind: 'rl', profile: 'verl', digest: 'bb', task_ids: ['task_2'] };
const later: Handed = { ...harbor, round: 2, task_ids: ['task_3'] };

let folder: string;
let store: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  store = new Warehouse(folder, await Database.open({ threads: 1 }));
  for (const handed of [harbor, verl, later]) await recordExport(store, handed);
});
afterAll(async () => {
  store.database.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(sql: string): Promise<unknown[][]> {
  await createViews(store);
  return (await store.database.rows(sql)).map((row) => Object.values(row));
}

describe('what was handed out', () => {
  it('which exports hold a task', async () => {
    const found = await ask(
      "select round, kind, profile, digest from exports where task_id = 'task_2' order by digest",
    );
    expect(found).toEqual([
      [1, 'harbor', 'harbor', 'aa'],
      [1, 'rl', 'verl', 'bb'],
    ]);
  });

  it('which tasks an export holds; the same files of another round are another export', async () => {
    const found = await ask(
      "select round, list(task_id order by task_id) from exports where digest = 'aa' group by round, export_id order by round",
    );
    expect(found).toEqual([
      [1, harbor.task_ids],
      [2, later.task_ids],
    ]);
  });

  it('the same export again changes nothing, and what killed jobs left is told from it', async () => {
    const before = await contents();
    await recordExport(store, harbor);
    await store.clean();
    expect(await contents()).toEqual(before);
  });
});

async function contents(): Promise<[string, string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'hex')] as [string, string]));
}
