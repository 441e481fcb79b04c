import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from '../hash.ts';

/** Flushes a file or a folder to the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Moves a finished file to its final name so that a crash leaves the old one, the new one, or none: never half a file. */
export async function publish(staged: string, final: string): Promise<void> {
  await mkdir(dirname(final), { recursive: true });
  await sync(staged);
  await rename(staged, final);
  await sync(dirname(final));
}

/** Writes a small file by publish. */
export async function writeAtomic(final: string, content: string | Uint8Array): Promise<void> {
  const staged = join(dirname(final), `.${randomUUID()}.tmp`);
  await mkdir(dirname(final), { recursive: true });
  const handle = await open(staged, 'w');
  try {
    await handle.writeFile(content);
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await publish(staged, final);
}

/** Hex SHA-256 of a file, or null when there is none. */
export async function fileDigest(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
