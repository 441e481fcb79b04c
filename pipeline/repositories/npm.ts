import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { treeOnce } from './made-once.ts';
import { type ArchiveFile, filesOfTarball } from './untar.ts';

const run = promisify(execFile);

/** A package tarball, pinned by digest. */
export interface NpmOrigin {
  name: string;
  version: string;
  /** `sha512-` and the base64 digest of the tarball, as in a lock file. */
  integrity: string;
}

/**
 * Downloads a package with the npm that is configured on this machine, checks its digest and unpacks it, running none
 * of its code. Returns the folder; a second call finds it there. DataError when it cannot be had or is not what was
 * pinned.
 */
export async function fetchNpm(origin: NpmOrigin, { cacheDir }: { cacheDir: string }): Promise<string> {
  const folder = join(cacheDir, 'sources', folderName(origin));
  await treeOnce(folder, cacheDir, async (tree, aside) => {
    const tarball = await download(origin, aside);
    checkIntegrity(origin, tarball);
    await unpack(readFiles(origin, tarball), tree);
  });
  return folder;
}

const folderName = ({ name, version, integrity }: NpmOrigin): string => {
  const digest = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex').slice(0, 12);
  return `npm-${name.replace('@', '').replace('/', '-')}-${version}-${digest}`;
};

async function download({ name, version }: NpmOrigin, staged: string): Promise<Buffer> {
  const spec = `${name}@${version}`;
  try {
    await run('npm', ['pack', spec, '--ignore-scripts', '--silent', '--pack-destination', staged], { cwd: staged });
    const tarball = (await readdir(staged)).find((file) => file.endsWith('.tgz'));
    if (tarball === undefined) throw new Error('npm pack left no tarball');
    return await readFile(join(staged, tarball));
  } catch (error) {
    const fix = 'check the network and npm configuration; a seed that cannot be had is left out';
    throw DataError.of({ where: spec, expected: 'a package that npm can download', found: reasonOf(error), fix });
  }
}

/** The last line a failed command wrote, or why it could not be started. */
export function reasonOf(error: unknown): string {
  const { stderr = '', message } = error as { stderr?: string; message: string };
  const lines = stderr.trim().split('\n');
  return lines.findLast((line) => /error/i.test(line) && !/complete log/i.test(line)) || lines.at(-1) || message;
}

function checkIntegrity({ name, version, integrity }: NpmOrigin, tarball: Buffer): void {
  const found = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  if (found === integrity) return;
  const fix = 'do not use it: the registry serves another file than the one that was pinned';
  throw DataError.of({ where: `${name}@${version}`, expected: integrity, found, fix });
}

function readFiles({ name, version }: NpmOrigin, tarball: Buffer): ArchiveFile[] {
  try {
    return filesOfTarball(tarball);
  } catch (error) {
    const expected = 'an archive of plain files';
    const fix = 'do not use it';
    throw DataError.of({ where: `${name}@${version}`, expected, found: (error as Error).message, fix });
  }
}

async function unpack(files: readonly ArchiveFile[], tree: string): Promise<void> {
  for (const { path, content } of files) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content, { mode: 0o644 });
  }
}
