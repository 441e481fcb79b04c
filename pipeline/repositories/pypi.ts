import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import type { PythonEnvironment } from '../languages/python/runner/command.ts';
import { reasonOf } from './python-environment.ts';

const run = promisify(execFile);

/** A source distribution, pinned by digest. */
export interface PypiOrigin {
  /** Name in the index. */
  name: string;
  version: string;
  /** File name of the source distribution. */
  file: string;
  /** Lower-case hex. */
  sha256: string;
}

/**
 * Downloads a source distribution with the environment's pip, checks its digest and unpacks it, running none of its
 * code. Returns the folder, without the archive's top directory; a second call finds it there.
 * DataError when it cannot be had or is not what was pinned.
 */
export async function fetchPypi(
  origin: PypiOrigin,
  options: { cacheDir: string; environment: PythonEnvironment },
): Promise<string> {
  const folder = join(
    options.cacheDir,
    'sources',
    `pypi-${origin.name}-${origin.version}-${origin.sha256.slice(0, 12)}`,
  );
  if (await exists(folder)) return folder;
  const staged = join(options.cacheDir, '.staging', randomUUID());
  await mkdir(staged, { recursive: true });
  try {
    const archive = join(staged, 'archive');
    const { name, version, file } = origin;
    await runScript(origin, options.environment, 'fetch_sdist.py', [name, version, file, archive]);
    await checkDigest(origin, archive);
    await runScript(origin, options.environment, 'unpack_sdist.py', [archive, join(staged, 'tree')]);
    await putInPlace(join(staged, 'tree'), folder);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return folder;
}

const exists = async (path: string): Promise<boolean> => stat(path).then(Boolean, () => false);

async function runScript(origin: PypiOrigin, python: PythonEnvironment, script: string, args: string[]): Promise<void> {
  try {
    await run(python.python, ['-I', join(import.meta.dirname, script), ...args]);
  } catch (error) {
    const expected = 'a source distribution from the index that pip is configured for';
    const fix = 'check the network and pip configuration; a seed that cannot be had is left out';
    throw DataError.of({ where: `${origin.name} ${origin.version}`, expected, found: reasonOf(error), fix });
  }
}

async function checkDigest(origin: PypiOrigin, archive: string): Promise<void> {
  const found = sha256(await readFile(archive));
  if (found === origin.sha256) return;
  const fix = 'do not use it: the index serves another file than the one that was pinned';
  throw DataError.of({ where: origin.file, expected: `sha256 ${origin.sha256}`, found, fix });
}

/** A tree is whole or absent; whoever comes second uses what is there. */
async function putInPlace(tree: string, folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  try {
    await rename(tree, folder);
  } catch (error) {
    if (!(await exists(folder))) throw error;
  }
}
