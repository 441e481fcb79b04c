import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import type { PythonEnvironment } from '../languages/python/runner/command.ts';
import { treeOnce } from './made-once.ts';
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
  await treeOnce(folder, options.cacheDir, async (tree, aside) => {
    const archive = join(aside, 'archive');
    const { name, version, file } = origin;
    await runScript(origin, options.environment, 'fetch_sdist.py', [name, version, file, archive]);
    await checkDigest(origin, archive);
    await runScript(origin, options.environment, 'unpack_sdist.py', [archive, tree]);
  });
  return folder;
}

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
