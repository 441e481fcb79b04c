import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Makes `made`, a path in the folder `aside` that vanishes with it. */
type Make = (made: string, aside: string) => Promise<void>;

/** A tree of files under a name that tells which: made aside and renamed, so that it is whole or absent. */
export const treeOnce = (folder: string, cacheDir: string, make: Make): Promise<void> =>
  once({ folder, cacheDir, isThere: () => stat(folder).then(Boolean, () => false) }, make);

const stamp = 'environment.json';

/** The same for an environment: one whose stamp does not say this digest is made anew. */
export function environmentOnce(
  folder: string,
  { cacheDir, ...about }: { cacheDir: string; digest: string; [more: string]: unknown },
  make: Make,
): Promise<void> {
  return once({ folder, cacheDir, isThere: () => isStamped(folder, about.digest) }, async (made, aside) => {
    await make(made, aside);
    await writeFile(join(made, stamp), JSON.stringify(about, null, 2));
  });
}

async function isStamped(folder: string, digest: string): Promise<boolean> {
  try {
    return (JSON.parse(await readFile(join(folder, stamp), 'utf8')) as { digest: string }).digest === digest;
  } catch {
    return false;
  }
}

/** Another process may have been quicker with the same: then ours is not needed. */
async function once(
  { folder, cacheDir, isThere }: { folder: string; cacheDir: string; isThere: () => Promise<boolean> },
  make: Make,
): Promise<void> {
  if (await isThere()) return;
  const aside = join(cacheDir, '.staging', randomUUID());
  const made = join(aside, 'made');
  await mkdir(aside, { recursive: true });
  try {
    await make(made, aside);
    await mkdir(dirname(folder), { recursive: true });
    if (!(await isThere())) await rm(folder, { recursive: true, force: true });
    await rename(made, folder).catch(async (error: unknown) => {
      if (!(await isThere())) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}
