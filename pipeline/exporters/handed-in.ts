import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import { forbiddenPath } from '../gates/edit-policy.ts';

/** What an agent left in its workspace. */
export interface HandedIn {
  /** New text of each source file that was changed. */
  files: Map<string, string>;
  /** Changes that no verifier looks at, sorted by path: all other files are the repository's own when tests run. */
  left_out: { path: string; why: string }[];
}

export interface Given {
  /** The tree as it was given out. */
  tree: ReadonlyMap<string, Uint8Array>;
  /** Files a repair may change. */
  source_paths: readonly string[];
}

/** Larger files are no source text. */
const mostBytes = 4 * 1024 * 1024;
const unlooked = /(^|\/)(\.git|__pycache__|\.pytest_cache|node_modules)(\/|$)/;

/** Compares a folder with the tree it was given as. Follows no link, runs nothing that lies in it. */
export async function readHandedIn(folder: string, { tree, source_paths }: Given): Promise<HandedIn> {
  const here = await pathsBelow(folder);
  const sources = new Set(source_paths);
  const files = new Map<string, string>();
  const left_out: HandedIn['left_out'] = [];
  for (const path of [...new Set([...here, ...tree.keys()])].sort()) {
    const content = here.has(path) ? await readPlain(join(folder, path)) : null;
    const before = tree.get(path);
    if (before !== undefined && content !== null && Buffer.compare(before, content) === 0) continue;
    if (sources.has(path) && content !== null) files.set(path, content.toString('utf8'));
    else left_out.push({ path, why: reasonOf(path, before === undefined, content === null) });
  }
  return { files, left_out };
}

const reasonOf = (path: string, is_new: boolean, is_absent: boolean): string =>
  forbiddenPath(path) ??
  (is_absent
    ? `${path} is no plain file any more`
    : is_new
      ? `${path} is new, and a repair changes source files that are there`
      : `${path} is not a source file of the repository`);

async function pathsBelow(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw DataError.of({
      where: folder,
      expected: 'the folder of a workspace',
      found: 'no folder that can be read',
      fix: 'make one with socratic workspace open TASK FOLDER',
    });
  });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length));
  return new Set(paths.filter((path) => !unlooked.test(path)));
}

/** Null for a link, a device, a pipe, and for what is too large to be source text. */
async function readPlain(path: string): Promise<Buffer | null> {
  const { size } = await lstat(path);
  if (size > mostBytes) return null;
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return (await file.stat()).isFile() ? await file.readFile() : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return null;
    throw error;
  } finally {
    await file?.close();
  }
}
