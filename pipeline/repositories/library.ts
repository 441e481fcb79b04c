import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mapLimit } from '../concurrency.ts';
import { DataError } from '../errors.ts';
import { contentId, sha256 } from '../hash.ts';
import type { Library, RepositorySnapshot, SeedState } from '../ports.ts';
import type { Seed } from './manifest.ts';

/** Brings one seed's tree onto this machine and returns its folder. Throws a DataError when it cannot be had. */
export type FetchSeed = (seed: Seed) => Promise<string>;

/** Fewest repositories of the training split with which a round makes sense. */
const fewestTraining = 2;
const fewestRepositories = 4;

/** Unpacks every seed; one that cannot be had stays in the list with the reason. */
export async function openLibrary(
  seeds: readonly Seed[],
  fetchSeed: FetchSeed,
  progress: (line: string) => void,
  needs: 'a round' | 'nothing' = 'a round',
): Promise<Library> {
  const states = await mapLimit(seeds, 4, async (seed) => {
    const state = await stateOf(seed, fetchSeed);
    if (!state.snapshot) progress(`seed ${seed.name} ${seed.version} is left out: ${state.detail}`);
    return state;
  });
  if (needs === 'a round') refuseTooFew(states);
  const texts = new Map<string, ReadonlyMap<string, string>>();
  const read = (repository_id: string, kind: 'source_paths' | 'test_paths') => {
    const key = `${kind} ${repository_id}`;
    const known = texts.get(key);
    if (known) return known;
    const snapshot = states.find((s) => s.repository_id === repository_id)?.snapshot;
    if (!snapshot) throw new Error(`repository ${repository_id} is not unpacked`);
    const found = new Map(snapshot[kind].map((path) => [path, readFileSync(join(snapshot.root, path), 'utf8')]));
    texts.set(key, found);
    return found;
  };
  return {
    id: `library/${sha256(JSON.stringify(states.map((s) => [s.repository_id, s.split, s.snapshot !== null]))).slice(0, 16)}`,
    seeds: states,
    sources: (repository_id) => read(repository_id, 'source_paths'),
    tests: (repository_id) => read(repository_id, 'test_paths'),
  };
}

async function stateOf(seed: Seed, fetchSeed: FetchSeed): Promise<SeedState> {
  const { name, version, language, split, licence, origin } = seed;
  const state = { name, version, language, split, licence, source_kind: origin.kind, source_locator: locatorOf(seed) };
  const identified = (sha: string) => {
    const identity = { name, version, sha, source: seed.source, tests: seed.tests, test: seed.test };
    return { ...state, sha256: sha, repository_id: contentId('repo', identity) };
  };
  const declared = declaredDigest(origin);
  try {
    const root = await fetchSeed(seed);
    const files = filesOf(seed, root);
    const found = identified(origin.kind === 'path' ? treeDigest(seed, root, files, declared) : declared);
    return { ...found, snapshot: snapshotOf(seed, found.repository_id, root, files), detail: null };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { ...identified(declared), snapshot: null, detail: error.message.replace(/\s*\n\s*/g, '; ') };
  }
}

/** A folder has no archive digest: what is in its files tells one state of it from another. */
function treeDigest(seed: Seed, root: string, { source_paths, test_paths }: Files, declared: string): string {
  const lines = [...source_paths, ...test_paths].map((path) => `${path} ${sha256(readFileSync(join(root, path)))}`);
  const found = sha256(lines.join('\n'));
  if (declared === '' || declared === found) return found;
  throw DataError.of({
    where: `seed ${seed.name}`,
    expected: `files with digest ${declared}`,
    found,
    fix: 'put the found digest into its origin if the change is meant, or leave it empty to take any',
  });
}

const declaredDigest = (origin: Seed['origin']): string => {
  if (origin.kind === 'npm') return origin.integrity;
  return origin.kind === 'go' ? origin.sum : origin.sha256;
};

const locatorOf = ({ origin }: Seed): string => {
  if (origin.kind === 'path') return origin.path;
  return `${origin.name}${origin.kind === 'pypi' ? '==' : '@'}${origin.version}`;
};

type Files = Pick<RepositorySnapshot, 'source_paths' | 'test_paths'>;

function filesOf(seed: Seed, root: string): Files {
  const test_paths = expand(root, seed.tests, seed.name);
  const tests = new Set(test_paths);
  const source_paths = expand(root, seed.source, seed.name).filter((path) => !tests.has(path));
  return { source_paths, test_paths };
}

const snapshotOf = (seed: Seed, repository_id: string, root: string, files: Files): RepositorySnapshot => ({
  repository_id,
  name: seed.name,
  version: seed.version,
  language: seed.language,
  root,
  ...files,
  test: { ...seed.test, deselect: seed.test.deselect.map((d) => d.id) },
});

function expand(root: string, globs: readonly string[], name: string): string[] {
  const paths = [...new Set(globs.flatMap((glob) => globSync(glob, { cwd: root })))]
    .filter((path) => statSync(join(root, path)).isFile())
    .sort();
  if (paths.length > 0) return paths;
  throw DataError.of({
    where: `seed ${name}`,
    expected: `files that match ${globs.join(', ')}`,
    found: 'none',
    fix: 'mend the globs in data/seeds/repositories.json',
  });
}

function refuseTooFew(states: readonly SeedState[]): void {
  const had = states.filter((s) => s.snapshot);
  const training = had.filter((s) => s.split === 'train');
  if (had.length >= fewestRepositories && training.length >= fewestTraining) return;
  const lost = states.filter((s) => !s.snapshot);
  throw DataError.of({
    where: 'seed repositories',
    expected: `at least ${fewestRepositories}, ${fewestTraining} of them for training`,
    found: `${had.length}, ${training.length} for training${lost.length > 0 ? ` (left out: ${lost.map((s) => s.name).join(', ')})` : ''}`,
    fix:
      lost.length > 0
        ? `check the network; the first reason was: ${lost[0]!.detail}`
        : 'widen the setting repositories',
  });
}
