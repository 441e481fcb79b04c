import { readFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { localObjects } from '../pipeline/adapters/local-objects.ts';
import { arenaPort } from '../pipeline/arena/port.ts';
import { DataError } from '../pipeline/errors.ts';
import { ExecutionCache } from '../pipeline/harness/cache.ts';
import { CachedHarness, type HarnessOptions } from '../pipeline/harness/harness.ts';
import { idleSessionsIn, SessionPool } from '../pipeline/harness/pool.ts';
import { canonicalJson, sha256 } from '../pipeline/hash.ts';
import { loadSyntax } from '../pipeline/mutation/index.ts';
import type { Syntax } from '../pipeline/mutation/types.ts';
import type { Library, RepositorySnapshot, TestRunner } from '../pipeline/ports.ts';
import type { Ports } from '../pipeline/stage.ts';
import { TrustedFile } from '../pipeline/tasks/trusted-spec.ts';
import { Database } from '../pipeline/warehouse/database.ts';
import { Warehouse } from '../pipeline/warehouse/store.ts';
import type { Effects } from './command.ts';
import { takeLock } from './lock.ts';
import type { Settings } from './settings.ts';
import { openWorld } from './world.ts';

/** Everything a round needs, wired. */
export interface Engine {
  warehouse: Warehouse;
  ports: Ports;
  library: Library;
  harness: CachedHarness;
  /** What the harness was made of, for another one over the same cache. */
  harnessOptions: HarnessOptions;
  cache: ExecutionCache;
  syntax: Syntax;
  runnerOf(snapshot: RepositorySnapshot): TestRunner;
  close(): Promise<void>;
}

export const trustedList = 'data/seeds/validation/tasks.json';

/** Opens the warehouse for reading: no lock, no sandbox. */
export async function openWarehouse(settings: Settings): Promise<Warehouse> {
  const root = resolve(settings.data);
  return new Warehouse(join(root, 'warehouse'), await Database.open({ temp_directory: join(root, 'cache', 'duckdb') }));
}

export interface EngineOptions {
  /** What to do without a readable list of trusted tasks; only the command that makes one goes on. */
  trusted?: 'required' | 'optional';
}

/** Opens everything; takes the lock of the warehouse. */
export async function openEngine(
  settings: Settings,
  effects: Effects,
  { trusted: need = 'required' }: EngineOptions = {},
): Promise<Engine> {
  const root = resolve(settings.data);
  const release = takeLock(join(root, 'warehouse', '.lock'));
  try {
    const warehouse = await openWarehouse(settings);
    await warehouse.clean();
    const world = await openWorld(settings, effects);
    const workers = Math.min(settings.workers, Math.max(1, cpus().length));
    const pool = new SessionPool(world.runners, workers, idleSessionsIn(totalmem()));
    const cache = await ExecutionCache.open(join(root, 'cache', 'executions'), warehouse.database);
    const harnessOptions = { library: world.library, pool, cache, identities: world.identities };
    const harness = new CachedHarness(harnessOptions);
    const syntax = await loadSyntax();
    const trusted = await readTrusted(need);
    const arena = arenaPort({ harness, library: world.library, syntax, buckets: settings.warm_start.buckets });
    const ports: Ports = {
      library: world.library,
      harness,
      syntax: Object.assign(syntax, { id: 'tree-sitter/1' }),
      stopwatch: { id: 'stopwatch', now: () => performance.now() } as { id: string },
      objects: localObjects(join(root, 'warehouse')),
      arena,
      trusted,
    };
    const close = async () => {
      try {
        await pool.close();
        await cache.flush();
      } finally {
        warehouse.database.close();
        release();
      }
    };
    return {
      warehouse,
      ports,
      library: world.library,
      harness,
      harnessOptions,
      cache,
      syntax,
      runnerOf: (snapshot) => pool.runnerOf(snapshot),
      close,
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function readTrusted(need: EngineOptions['trusted']): Promise<{ id: string; specs: unknown[] }> {
  try {
    return parseTrusted(await readFile(trustedList, 'utf8').catch(() => null));
  } catch (error) {
    if (need === 'optional' && error instanceof DataError) return { id: 'trusted/none', specs: [] };
    throw error;
  }
}

/** Checks a list against its own digest. */
export function parseTrusted(text: string | null): { id: string; specs: unknown[] } {
  const complain = (found: string) =>
    DataError.of({
      where: trustedList,
      expected: 'the pinned list of trusted tasks',
      found,
      fix: 'restore it from git, or rebuild it with make validation-set',
    });
  if (text === null) throw complain('no such file');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw complain((error as Error).message);
  }
  const parsed = TrustedFile.safeParse(value);
  if (!parsed.success) throw complain(`${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`);
  const digest = sha256(canonicalJson(parsed.data.tasks));
  if (digest !== parsed.data.digest)
    throw complain(`tasks with digest ${digest.slice(0, 12)}, the file says ${parsed.data.digest.slice(0, 12)}`);
  return { id: `trusted/${digest.slice(0, 16)}`, specs: parsed.data.tasks };
}
