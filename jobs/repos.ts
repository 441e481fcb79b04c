import { join, resolve } from 'node:path';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { ExecutionCache } from '../pipeline/harness/cache.ts';
import { CachedHarness } from '../pipeline/harness/harness.ts';
import { SessionPool } from '../pipeline/harness/pool.ts';
import { openLibrary } from '../pipeline/repositories/library.ts';
import type { Seed } from '../pipeline/repositories/manifest.ts';
import { hasOwnEnvironment } from '../pipeline/repositories/node-environment.ts';
import { detect } from '../pipeline/repositories/own/detect.ts';
import { keepOwn, type OwnRepository, readOwn } from '../pipeline/repositories/own/list.ts';
import { pin } from '../pipeline/repositories/own/pin.ts';
import { parseSpec } from '../pipeline/repositories/own/spec.ts';
import { baseline } from '../pipeline/stages/prepare.ts';
import { Database } from '../pipeline/warehouse/database.ts';
import type { Repository } from '../schemas/repositories.ts';
import { asJson, common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { takeLock } from './lock.ts';
import type { Settings } from './settings.ts';
import { go, openRunners, ownFile, type Runners, readSeeds } from './world.ts';

const options = z.object({
  action: z.enum(['add', 'ls']).describe('add tries repositories and keeps them with their status; ls lists them'),
  specs: z
    .array(z.string())
    .default([])
    .describe('folders, git addresses, npm:name@version, pypi:name==version or go:path@version'),
  split: z.enum(['train', 'held_out']).default('train').describe('what its tasks may be used for (default train)'),
  requirement: z
    .array(z.string())
    .default([])
    .describe('exact pin the tests need, name==version, name@version, or path@version of Go'),
  source: z.array(z.string()).default([]).describe('glob of files an edit may touch, when the guess is wrong'),
  tests: z.array(z.string()).default([]).describe('glob of test files, when the guess is wrong'),
  wall_s: z.coerce.number().positive().default(120).describe('seconds after which a suite counts as endless'),
  ...asJson,
  ...common,
});
type Options = z.infer<typeof options>;

export default defineCommand({
  summary: 'repositories of your own: add, ls',
  positionals: ['action', 'specs'],
  options,
  async run(given, effects) {
    const settings = loadSettings({ files: given.config, environment: effects.environment, flags: given.set });
    const file = ownFile(settings);
    if (given.action === 'ls') {
      show(await readOwn(file), given.json, effects);
      return 0;
    }
    if (given.specs.length === 0) throw nothingAsked();
    const rows = await addAll(settings, given, effects);
    show(rows, given.json, effects);
    return rows.every((row) => row.status === 'ready') ? 0 : 1;
  },
});

/** One after the other; what cannot be used is a row with the reason, and the others go on. */
async function addAll(settings: Settings, given: Options, effects: Effects): Promise<OwnRepository[]> {
  const release = takeLock(join(resolve(settings.data), 'warehouse', '.lock'));
  try {
    const rows: OwnRepository[] = [];
    const before = await openRunners(settings, await readSeeds(settings), effects);
    for (const spec of given.specs) {
      const row = await add(spec, settings, given, before, effects).catch((error: unknown) => {
        if (!(error instanceof DataError)) throw error;
        return unusable(spec, 'unavailable', error.message.replace(/\s*\n\s*/g, '; '));
      });
      await keepOwn(ownFile(settings), row);
      effects.log(`${spec}: ${row.status}${row.detail ? `: ${row.detail}` : ''}`);
      rows.push(row);
    }
    return rows;
  } finally {
    release();
  }
}

async function add(
  text: string,
  settings: Settings,
  given: Options,
  before: Runners,
  effects: Effects,
): Promise<OwnRepository> {
  const spec = parseSpec(text);
  const cacheDir = join(resolve(settings.data), 'cache');
  const pinned = await pin(spec, { cacheDir, environment: before.python, go });
  const found = detect(pinned.root);
  if ('status' in found) return unusable(text, found.status, found.detail);
  const seed: Seed = {
    name: pinned.name,
    ...found,
    version: pinned.version ?? found.version,
    ...(given.source.length > 0 ? { source: given.source } : {}),
    ...(given.tests.length > 0 ? { tests: given.tests } : {}),
    split: given.split,
    origin: pinned.origin,
    requirements: given.requirement.length > 0 ? given.requirement : (found.requirements ?? []),
    notes: `added as ${text}`,
  };
  // one that is added again takes its own place
  const others = (await readSeeds({ ...settings, repositories: '' })).filter(({ notes }) => notes !== seed.notes);
  refuseName(seed, others);
  if (seed.source.length === 0)
    return unusable(text, 'unavailable', 'no source file was found; say which with --source');
  const needs_more = seed.requirements.length > 0 || seed.language === 'go' || hasOwnEnvironment(seed.test.runner);
  const runners = needs_more ? await openRunners(settings, [...others, seed], effects) : before;
  return judged(text, seed, await tried(seed, settings, given, runners, effects));
}

/** The same baseline as in a round, so that its executions are there when a round comes. */
async function tried(
  seed: Seed,
  settings: Settings,
  given: Options,
  { runners, identities, fetchSeed }: Runners,
  effects: Effects,
): Promise<Repository> {
  const cache_root = join(resolve(settings.data), 'cache');
  const database = await Database.open({ temp_directory: join(cache_root, 'duckdb') });
  const pool = new SessionPool(runners, settings.workers);
  try {
    const library = await openLibrary([seed], fetchSeed, effects.log, 'nothing');
    const cache = await ExecutionCache.open(join(cache_root, 'executions'), database);
    const harness = new CachedHarness({ library, pool, cache, identities });
    const stopwatch = { id: 'stopwatch', now: () => performance.now() };
    const limits = { ...settings.prepare, wall_ms: 1000 * given.wall_s };
    const row = await baseline(library.seeds[0]!, limits, `${settings.seed}/0/prepare`, { harness, stopwatch });
    await cache.flush();
    return row;
  } finally {
    await pool.close();
    database.close();
  }
}

const judged = (spec: string, seed: Seed, row: Repository): OwnRepository => ({
  spec,
  status: row.status,
  detail: row.detail ?? (row.left_out_tests.length > 0 ? `${row.left_out_tests.length} tests are left out` : null),
  test_count: row.test_count,
  left_out_count: row.left_out_tests.length,
  seed: row.status === 'ready' ? seed : null,
});

const unusable = (spec: string, status: OwnRepository['status'], detail: string): OwnRepository => ({
  spec,
  status,
  detail,
  test_count: 0,
  left_out_count: 0,
  seed: null,
});

function refuseName({ name }: Seed, known: readonly Seed[]): void {
  if (!known.some((seed) => seed.name === name)) return;
  const fix = 'each repository is there once: its tasks must not be on both sides of the split';
  throw DataError.of({ where: name, expected: 'a name that no seed has', found: `the seed ${name}`, fix });
}

function show(rows: readonly OwnRepository[], json: boolean, { print }: Effects): void {
  if (json) print(JSON.stringify(rows));
  else if (rows.length === 0) print('no repository of your own: socratic repos add <folder>');
  else
    print(
      drawTable(
        rows.map(({ seed, ...row }) => ({ ...row, language: seed?.language ?? null })),
        100,
      ),
    );
}

const nothingAsked = (): DataError =>
  DataError.of({
    where: 'repos add',
    expected: 'at least one repository',
    found: 'none',
    fix: 'socratic repos add <folder | git address | npm:name@version | pypi:name==version> ...',
  });
