/** The Python seeds, fetched and ready to run. Needs the network the first time. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentId } from '../../../pipeline/hash.ts';
import type { PythonEnvironment } from '../../../pipeline/languages/python/runner/command.ts';
import type { RepositorySnapshot } from '../../../pipeline/ports.ts';
import { fetchPypi, type PypiOrigin } from '../../../pipeline/repositories/pypi.ts';
import { preparePythonEnvironment } from '../../../pipeline/repositories/python-environment.ts';

export interface Seed {
  name: string;
  version: string;
  origin: PypiOrigin;
  source: string[];
  tests: string[];
  test: {
    runner: 'pytest';
    deselect: { id: string; reason: string }[];
    import_roots: string[];
    environment: Record<string, string>;
  };
  requirements: string[];
}

export const root = join(import.meta.dirname, '../../..');
const cacheDir = join(root, 'data/cache');
export const seeds: Seed[] = JSON.parse(readFileSync(join(root, 'data/seeds/repositories.json'), 'utf8')).filter(
  (seed: { language: string }) => seed.language === 'python',
);

export const openEnvironment = (python: string): Promise<PythonEnvironment> =>
  preparePythonEnvironment({
    cacheDir,
    python,
    requirements: [...new Set(seeds.flatMap((seed) => seed.requirements))],
    progress: (line) => process.stderr.write(`${line}\n`),
  });

/** The seed as the runner takes it. */
export async function openSeed(seed: Seed, environment: PythonEnvironment): Promise<RepositorySnapshot> {
  const folder = await fetchPypi(seed.origin, { cacheDir, environment });
  const files = (globs: string[]): string[] => [...new Set(globSync(globs, { cwd: folder }))].sort();
  const test_paths = files(seed.tests);
  return {
    repository_id: contentId('repo', [seed.name, seed.version, seed.origin.sha256]),
    name: seed.name,
    version: seed.version,
    language: 'python',
    root: folder,
    source_paths: files(seed.source).filter((path) => !test_paths.includes(path)),
    test_paths,
    test: { ...seed.test, deselect: seed.test.deselect.map(({ id }) => id) },
  };
}
