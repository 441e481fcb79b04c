import { copyFile, link, mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { stagesOf } from '../pipeline/round.ts';
import type { Manifest } from '../pipeline/stage.ts';
import { Database } from '../pipeline/warehouse/database.ts';
import { Warehouse } from '../pipeline/warehouse/store.ts';

/**
 * Lays out a data folder beside one: every round before `round` and that round up to its scores, the same files by hard
 * link, and the same cache. What the arm itself ran before stays.
 */
export async function layOutArm(data: string, arm: string, round: number): Promise<void> {
  const [from, to] = [resolve(data), resolve(arm)];
  await mkdir(join(to, 'warehouse'), { recursive: true });
  await same(symlink(join(from, 'cache'), join(to, 'cache')));
  await linkFile(join(from, 'repositories.json'), join(to, 'repositories.json'));
  const database = await Database.open({ threads: 1 });
  try {
    const store = new Warehouse(join(from, 'warehouse'), database);
    const there = new Warehouse(join(to, 'warehouse'), database);
    for (const shared of (await store.rounds()).filter((n) => n <= round))
      for (const manifest of await store.manifests(shared))
        if (shared < round || !ownStages.has(manifest.ingredients.stage)) await share(manifest, store, there);
  } finally {
    database.close();
  }
  for (const name of await namesIn(join(from, 'warehouse/checkpoints')))
    await linkFile(join(from, 'warehouse/checkpoints', name), join(to, 'warehouse/checkpoints', name));
}

/** What follows the scores of a round differs from arm to arm. */
const ownStages = new Set(
  stagesOf(1)
    .map(({ name }) => name)
    .slice(stagesOf(1).findIndex(({ name }) => name === 'select')),
);

async function share(manifest: Manifest, from: Warehouse, to: Warehouse): Promise<void> {
  for (const { path } of Object.values(manifest.outputs).flatMap(({ files }) => files))
    await linkFile(join(from.root, path), join(to.root, path));
  await to.record(manifest);
}

/** Parts are named by their content and never written again, so a link is as good as a copy. */
async function linkFile(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await same(
    link(source, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EXDEV' || error.code === 'EPERM') return copyFile(source, target);
      throw error;
    }),
  );
}

/** There already, or nothing to share. */
const same = (work: Promise<void>): Promise<void> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
  });

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
