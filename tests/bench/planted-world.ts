import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../jobs/config.ts';
import { type Engine, openEngine } from '../../jobs/engine.ts';
import type { Grounds } from '../../pipeline/gates/gate.ts';
import { ExecutionCache } from '../../pipeline/harness/cache.ts';
import { CachedHarness } from '../../pipeline/harness/harness.ts';
import type { SessionPool } from '../../pipeline/harness/pool.ts';
import type { Harness, Library } from '../../pipeline/ports.ts';
import { seededRandom } from '../../pipeline/random.ts';
import { prepare } from '../../pipeline/stages/prepare.ts';
import { groundsOf } from '../../pipeline/stages/validate.ts';
import { type Ground, prepareGround } from '../../pipeline/tasks/ground.ts';
import type { Repository } from '../../schemas/repositories.ts';
import { type Base, type BaseTools, basesOf, hubOf } from '../planted/bases.ts';

/** Quick libraries of both languages and every runner. */
export const quickLibraries = [
  ...['cachetools', 'h11', 'parse', 'semver', 'tinydb', 'toolz', 'xmltodict'],
  ...['@fastify/deepmerge', 'fraction.js', 'json-schema-ref-resolver', 'minimist', 'qs', 'traverse'],
];

/** Real libraries to plant faults in; executions are remembered for this run alone, so that chance is chance. */
export interface PlantedWorld {
  engine: Engine;
  tools: BaseTools & { harness: CachedHarness };
  grounds: Ground[];
  groundsOf: GroundsOf;
  /** Judging anew, in sessions of its own; what is stored already is not run again. */
  over(pool: SessionPool): { harness: Harness; groundsOf: GroundsOf };
  bases(per_repository: number): Promise<Base[]>;
  /** At most one bug of each library in a function that too many tests execute. */
  hubs(): Promise<Base[]>;
  close(): Promise<void>;
}

type GroundsOf = (repository_id: string) => Promise<Grounds>;

export async function openPlantedWorld(
  names: readonly string[],
  { seed, reruns, flags }: { seed: string; reruns: number; flags: string[] },
): Promise<PlantedWorld> {
  const effects = {
    print: (text: string) => void process.stdout.write(`${text}\n`),
    log: (text: string) => void process.stderr.write(`${text}\n`),
    isTerminal: false,
    environment: process.env,
  };
  const settings = loadSettings({ files: [], environment: process.env, flags });
  const engine = await openEngine(settings, effects);
  const folder = await mkdtemp(join(tmpdir(), 'planted-'));
  const cache = await ExecutionCache.open(folder, engine.warehouse.database);
  const harness = new CachedHarness({ ...engine.harnessOptions, cache });
  const { syntax } = engine;
  const library = { ...engine.library, seeds: engine.library.seeds.filter((seed) => names.includes(seed.name)) };
  const repositories = await readyRepositories(library, engine, seed);
  const ports = { library, harness, syntax };
  const grounds: Ground[] = [];
  for (const repository of repositories) grounds.push(await prepareGround(repository, ports));
  const gates = { reruns, most_failing: settings.validate.most_failing, seed };
  const tools = { harness, syntax };
  return {
    engine,
    tools,
    grounds,
    groundsOf: groundsOf(repositories, gates, ports),
    over: (pool) => {
      const other = new CachedHarness({ ...engine.harnessOptions, cache, pool });
      return { harness: other, groundsOf: groundsOf(repositories, gates, { ...ports, harness: other }) };
    },
    bases: async (count) => {
      const found: Base[] = [];
      for (const ground of grounds)
        found.push(...(await basesOf(ground, count, seededRandom(`${seed}/${ground.repository.name}`), tools)));
      return found;
    },
    hubs: async () => {
      const found: Base[] = [];
      for (const ground of grounds) found.push(...(await hubOf(ground, tools)));
      return found;
    },
    close: async () => {
      await cache.flush();
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The baseline as stage prepare makes it; its executions are those of any round, so they are kept. */
async function readyRepositories(library: Library, engine: Engine, seed: string): Promise<Repository[]> {
  const { tables } = await prepare.run({}, {
    params: prepare.params.parse({}),
    round: 0,
    seed: `${seed}/0/prepare`,
    random: seededRandom(seed),
    ports: { library, harness: engine.harness, stopwatch: { id: 'stopwatch', now: () => performance.now() } },
    progress: () => {},
  } as never);
  await engine.cache.flush();
  return tables.repositories.filter((repository) => repository.status === 'ready');
}
