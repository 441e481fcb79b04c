import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../../errors.ts';
import { sha256 } from '../../hash.ts';
import type { PythonEnvironment } from '../../languages/python/runner/command.ts';
import { fetchGo, resolveGo } from '../go-module.ts';
import type { Seed } from '../manifest.ts';
import { fetchNpm, reasonOf } from '../npm.ts';
import { fetchPypi } from '../pypi.ts';
import type { Spec } from './spec.ts';

const run = promisify(execFile);

export interface Pinned {
  name: string;
  /** Null where the tree says which version it is. */
  version: string | null;
  origin: Seed['origin'];
  root: string;
}

export interface PinOptions {
  cacheDir: string;
  environment: PythonEnvironment;
  /** Command or path of the go tool. */
  go: string;
}

/** Brings what was asked for here, pinned by digest, running none of its code. DataError when it cannot be had. */
export async function pin(spec: Spec, options: PinOptions): Promise<Pinned> {
  switch (spec.kind) {
    case 'npm':
      return pinNpm(spec, options.cacheDir);
    case 'pypi':
      return pinPypi(spec, options);
    case 'go':
      return pinGo(spec, options);
    case 'git':
      return pinGit(spec.url, options.cacheDir);
    case 'path':
      return pinFolder(resolve(spec.path));
  }
}

async function pinNpm({ name, version }: { name: string; version: string }, cacheDir: string): Promise<Pinned> {
  const where = `${name}@${version}`;
  const fix = 'check name, version and the registry that npm is configured for';
  let integrity: string;
  try {
    integrity = (await run('npm', ['view', where, 'dist.integrity', '--silent'])).stdout.trim();
  } catch (error) {
    throw DataError.of({ where, expected: 'a package that npm knows', found: reasonOf(error), fix });
  }
  if (!integrity.startsWith('sha512-'))
    throw DataError.of({ where, expected: 'a sha512 digest in the registry', found: integrity || 'nothing', fix });
  const origin = { name, version, integrity };
  return { name, version, origin: { kind: 'npm', ...origin }, root: await fetchNpm(origin, { cacheDir }) };
}

async function pinPypi({ name, version }: { name: string; version: string }, options: PinOptions): Promise<Pinned> {
  const script = join(import.meta.dirname, '..', 'fetch_sdist.py');
  let found: { file: string; sha256: string };
  try {
    found = JSON.parse((await run(options.environment.python, ['-I', script, name, version])).stdout);
  } catch (error) {
    const fix = 'check name, version and the index that pip is configured for';
    const expected = 'a source distribution in the index';
    throw DataError.of({ where: `${name}==${version}`, expected, found: reasonOf(error), fix });
  }
  const origin = { name, version, ...found };
  return { name, version, origin: { kind: 'pypi', ...origin }, root: await fetchPypi(origin, options) };
}

async function pinGo(asked: { name: string; version: string }, options: PinOptions): Promise<Pinned> {
  const { sum } = await resolveGo(asked, options);
  const origin = { ...asked, sum };
  return { ...asked, origin: { kind: 'go', ...origin }, root: await fetchGo(origin, options) };
}

/** Files of the newest commit; no history is kept, and no hook or filter of the repository runs. */
async function pinGit(url: string, cacheDir: string): Promise<Pinned> {
  const name = basename(url.replace(/\/+$/, ''), '.git');
  const folder = join(cacheDir, 'sources', `git-${name.replace(/[^\w.-]/g, '-')}-${sha256(url).slice(0, 12)}`);
  const staged = join(cacheDir, '.staging', randomUUID());
  await mkdir(join(cacheDir, '.staging'), { recursive: true });
  await mkdir(join(cacheDir, 'sources'), { recursive: true });
  const safe = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.symlinks=false', '-c', 'protocol.ext.allow=never'];
  try {
    const flags = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--', url, staged];
    await run('git', [...safe, 'clone', ...flags], { env: { ...quietGit }, timeout: 120_000 });
    await rm(join(staged, '.git'), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
    await rename(staged, folder);
  } catch (error) {
    const fix = 'check the address, and that git can read it without asking for a password';
    throw DataError.of({ where: url, expected: 'a git repository', found: reasonOf(error), fix });
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
  return { ...(await pinFolder(folder)), name };
}

const quietGit = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };

async function pinFolder(path: string): Promise<Pinned> {
  const is_folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (is_folder) return { name: basename(path), version: null, origin: { kind: 'path', path, sha256: '' }, root: path };
  const fix = 'give a folder, a git address, npm:name@version, pypi:name==version or go:path@version';
  throw DataError.of({ where: path, expected: 'a folder', found: 'none there', fix });
}
