import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { commitId, commitScript } from './commit.ts';

const run = promisify(execFile);

/**
 * Writes a task's tree as a repository of one commit, for an agent to work in: no remote, no tag, no reflog, no hook,
 * no other object than those of this tree. There whole or not at all. Returns the commit's id.
 */
export async function writeCheckout(tree: ReadonlyMap<string, Uint8Array>, folder: string): Promise<string> {
  const out = resolve(folder);
  if (existsSync(out)) throw taken(out);
  const staging = join(dirname(out), `.${basename(out)}-${randomUUID().slice(0, 8)}`);
  try {
    await writeTree(tree, staging);
    await commitAll(staging);
    await rename(staging, out);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return commitId(tree);
}

async function writeTree(tree: ReadonlyMap<string, Uint8Array>, folder: string): Promise<void> {
  for (const [path, content] of tree) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** This user's own settings of git do not reach the commit. */
const commitAll = (cwd: string): Promise<unknown> =>
  run('/bin/sh', ['-c', commitScript.join(' && ')], {
    cwd,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: cwd, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  });

const taken = (out: string): DataError =>
  DataError.of({
    where: out,
    expected: 'a folder that is not there yet',
    found: 'a file or folder of this name',
    fix: 'give another folder, or remove this one',
  });
