import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { moduleCache, quietGo } from './go-environment.ts';
import { treeOnce } from './made-once.ts';

const run = promisify(execFile);

/** A module of the Go proxy, pinned by the digest of its files. */
export interface GoOrigin {
  /** Module path, with `/v2` where it has one. */
  name: string;
  version: string;
  /** `h1:` and the digest, as in go.sum. */
  sum: string;
}

interface Downloaded {
  Dir?: string;
  Sum?: string;
  Error?: string;
}

/** What the proxy that go is configured for has under this name, checked by go against its checksum database. */
export async function resolveGo(
  { name, version }: Pick<GoOrigin, 'name' | 'version'>,
  { cacheDir, go }: { cacheDir: string; go: string },
): Promise<{ sum: string; folder: string }> {
  const where = `${name}@${version}`;
  const settings = [`GOMODCACHE=${moduleCache(cacheDir)}`, ...quietGo];
  const fix = 'check name, version, and the proxy that go is configured for';
  const command = [...settings, go, 'mod', 'download', '-json', where];
  const asked = await run('env', command, { cwd: '/' }).catch((error: { stdout?: string; message: string }) => ({
    stdout: error.stdout || '{}',
    failure: error.message,
  }));
  const { Dir, Sum, Error: found } = JSON.parse(asked.stdout) as Downloaded;
  if (Dir !== undefined && Sum !== undefined && !found) return { sum: Sum, folder: Dir };
  const reason = found ?? ('failure' in asked ? asked.failure : 'nothing');
  throw DataError.of({ where, expected: 'a module that go can download', found: reason, fix });
}

/** Brings a pinned module here, running none of its code, and returns its folder. DataError when it is another one. */
export async function fetchGo(origin: GoOrigin, options: { cacheDir: string; go: string }): Promise<string> {
  const { name, version, sum } = origin;
  const digest = Buffer.from(sum.slice('h1:'.length), 'base64').toString('hex').slice(0, 12);
  const folder = join(options.cacheDir, 'sources', `go-${name.replace(/[^\w.-]/g, '-')}-${version}-${digest}`);
  await treeOnce(folder, options.cacheDir, async (tree) => {
    const found = await resolveGo(origin, options);
    if (found.sum !== sum) {
      const fix = 'do not use it: the proxy serves other files than those that were pinned';
      throw DataError.of({ where: `${name}@${version}`, expected: sum, found: found.sum, fix });
    }
    await copyFiles(found.folder, tree);
  });
  return folder;
}

/** Plain files alone. */
async function copyFiles(from: string, to: string): Promise<void> {
  for (const entry of globSync('**', { cwd: from, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(from.length + 1);
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
  }
}
