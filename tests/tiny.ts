import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ExecutionCache } from '../pipeline/harness/cache.ts';
import { CachedHarness } from '../pipeline/harness/harness.ts';
import { SessionPool } from '../pipeline/harness/pool.ts';
import { javascriptRunner } from '../pipeline/languages/javascript/runner/index.ts';
import { pythonRunner } from '../pipeline/languages/python/runner/runner.ts';
import { loadSyntax } from '../pipeline/mutation/index.ts';
import type { Syntax } from '../pipeline/mutation/types.ts';
import type { Edit, Harness, Language, Library, RepositorySnapshot, TestRunner } from '../pipeline/ports.ts';
import { openLibrary } from '../pipeline/repositories/library.ts';
import { parseManifest, type Seed } from '../pipeline/repositories/manifest.ts';
import { preparePythonEnvironment } from '../pipeline/repositories/python-environment.ts';
import { openSandbox } from '../pipeline/sandbox/index.ts';
import { type Ground, prepareGround } from '../pipeline/tasks/ground.ts';
import { Database } from '../pipeline/warehouse/database.ts';
import type { Repository } from '../schemas/repositories.ts';
import { fullLevel } from './pipeline/sandbox/full-level.ts';
import { project } from './sources.ts';

/** A real world over copies of the two tiny libraries: nothing is simulated but their smallness. */
export interface TinyWorld {
  /** Where the copies lie; whole folder is removed by `close`. */
  folder: string;
  library: Library;
  harness: Harness;
  cache: ExecutionCache;
  runners: TestRunner[];
  database: Database;
  syntax: Syntax;
  close(): Promise<void>;
}

/** Why tests that run code must be skipped here, or null. Printed, so that a green run says what it did not do. */
export async function missingSandbox(): Promise<string | null> {
  const { missing, fix } = await fullLevel();
  if (missing) say(`tests that run code are skipped: ${missing}; ${fix}`);
  return missing;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

type TinyLanguage = Exclude<Language, 'go'>;

const trees = { python: 'tiny-python', javascript: 'tiny-javascript' } as const;

/** A seed over a folder. */
export const tinySeed = (language: TinyLanguage, split: Seed['split'], path: string): Seed => ({
  name: `${trees[language]}-${split}`,
  language,
  version: '1.0.0',
  licence: 'MIT',
  split,
  origin: { kind: 'path', path, sha256: '' },
  source: language === 'python' ? ['tally/*.py'] : ['lib/*.js'],
  tests: language === 'python' ? ['tests/test_*.py'] : ['test/*.test.js'],
  test: { runner: language === 'python' ? 'pytest' : 'node-test', deselect: [], import_roots: [], environment: {} },
  requirements: [],
  notes: '',
});

export interface TinyOptions {
  /** Changes the copies before they are opened: plant a file, break a test. */
  plant?: (roots: Readonly<Record<TinyLanguage, string>>) => Promise<void>;
  workers?: number;
  /** Where the copies lie, when they should outlive the world; its path is a column of table repositories. */
  seeds?: string;
  /** Where executions are remembered; inside the folder when left out. */
  executions?: string;
}

/** Two libraries to train on, one to validate and one held out: the fewest a round takes. */
export async function tinySeeds(folder: string, plant?: TinyOptions['plant']): Promise<Seed[]> {
  const roots = { python: join(folder, 'python'), javascript: join(folder, 'javascript') };
  for (const language of ['python', 'javascript'] as const)
    await cp(join(project, 'tests/fixtures', trees[language]), roots[language], { recursive: true });
  await plant?.(roots);
  const seeds = [
    tinySeed('python', 'train', roots.python),
    tinySeed('javascript', 'train', roots.javascript),
    tinySeed('javascript', 'validation', roots.javascript),
    tinySeed('python', 'held_out', roots.python),
  ];
  return parseManifest(JSON.stringify(seeds), 'tiny manifest');
}

export async function openTiny({ plant, workers = 2, seeds: kept, executions }: TinyOptions = {}): Promise<TinyWorld> {
  const folder = await mkdtemp(kept === undefined ? join(tmpdir(), 'tiny-') : resolve('world-'));
  const seeds = await tinySeeds(kept ?? folder, plant);
  const library = await openLibrary(seeds, async ({ origin }) => resolve((origin as { path: string }).path), say);
  const runners = await openRunners();
  const database = await Database.open({ temp_directory: join(folder, 'duckdb') });
  const pool = new SessionPool(runners, workers);
  const cache = await ExecutionCache.open(executions ?? join(folder, 'executions'), database);
  const harness = new CachedHarness({
    library,
    pool,
    cache,
    identities: { python: runners[0]!.id, javascript: runners[1]!.id },
  });
  const close = async () => {
    await pool.close();
    await cache.flush();
    database.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, library, harness, cache, runners, database, syntax: await loadSyntax(), close };
}

/** The real runners of both languages in the real sandbox. */
export async function openRunners(): Promise<TestRunner[]> {
  const sandbox = await openSandbox();
  const python = await preparePythonEnvironment({
    cacheDir: join(project, 'data/cache'),
    python: 'python3',
    requirements: [],
  });
  return [pythonRunner({ sandbox, python }), javascriptRunner({ sandbox, node: process.execPath, node_modules: null })];
}

/** The training repository of a language. */
export function snapshotOf({ library }: Pick<TinyWorld, 'library'>, language: Language): RepositorySnapshot {
  const seed = library.seeds.find((s) => s.language === language && s.split === 'train');
  return seed!.snapshot!;
}

/** The row that stage prepare writes for a repository whose tests are `tests`. */
export function repositoryRow(world: TinyWorld, snapshot: RepositorySnapshot, tests: readonly string[]): Repository {
  const state = world.library.seeds.find((s) => s.repository_id === snapshot.repository_id)!;
  return {
    repository_id: snapshot.repository_id,
    name: snapshot.name,
    version: snapshot.version,
    language: snapshot.language,
    split: state.split,
    source_kind: 'path',
    source_locator: state.source_locator,
    sha256: state.sha256,
    licence: state.licence,
    runner: snapshot.test.runner,
    source_file_count: snapshot.source_paths.length,
    test_file_count: snapshot.test_paths.length,
    test_count: tests.length,
    tests: [...tests],
    left_out_tests: [],
    agreement: 1,
    status: 'ready',
    detail: null,
    suite_ms: 100,
    wall_ms: 0,
  };
}

/** A repository ready for bugs; its suite is what passes once. */
export async function groundOf(world: TinyWorld, language: Language): Promise<Ground> {
  const snapshot = snapshotOf(world, language);
  const run = await world.harness.suite(snapshot.repository_id, { edits: [], wall_ms: 60_000 });
  const tests = run.tests.filter((test) => test.status === 'passed').map((test) => test.test_id);
  return prepareGround(repositoryRow(world, snapshot, tests), world);
}

/** The edit that puts `replacement` in the place of the only `old` of a source file. */
export function editIn(sources: ReadonlyMap<string, string>, path: string, old: string, replacement: string): Edit {
  const text = sources.get(path) ?? '';
  const start = text.indexOf(old);
  if (start < 0 || text.indexOf(old, start + 1) >= 0)
    throw new Error(`${path} does not have one ${JSON.stringify(old)}`);
  return { path, start, end: start + old.length, replacement };
}
