import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError } from '../pipeline/errors.ts';
import type { Identities } from '../pipeline/harness/harness.ts';
import { goRunner } from '../pipeline/languages/go/runner/index.ts';
import { javascriptRunner } from '../pipeline/languages/javascript/runner/index.ts';
import type { PythonEnvironment } from '../pipeline/languages/python/runner/command.ts';
import { pythonRunner } from '../pipeline/languages/python/runner/runner.ts';
import type { Library, Sandbox, TestRunner } from '../pipeline/ports.ts';
import { type GoEnvironment, prepareGoEnvironment } from '../pipeline/repositories/go-environment.ts';
import { fetchGo } from '../pipeline/repositories/go-module.ts';
import { type FetchSeed, openLibrary } from '../pipeline/repositories/library.ts';
import { parseManifest, type Seed } from '../pipeline/repositories/manifest.ts';
import {
  hasOwnEnvironment,
  type OwnEnvironment,
  ownEnvironments,
  prepareNodeEnvironment,
} from '../pipeline/repositories/node-environment.ts';
import { fetchNpm } from '../pipeline/repositories/npm.ts';
import { readOwn } from '../pipeline/repositories/own/list.ts';
import { fetchPypi } from '../pipeline/repositories/pypi.ts';
import { preparePythonEnvironment } from '../pipeline/repositories/python-environment.ts';
import { openSandbox } from '../pipeline/sandbox/index.ts';
import type { Effects } from './command.ts';
import type { Settings } from './settings.ts';
import { installMissing } from './system-packages.ts';

/** Found on the PATH. */
export const go = 'go';
export const manifestFile = 'data/seeds/repositories.json';

/** Who runs tests here, and in what. */
export interface Runners {
  sandbox: Sandbox;
  runners: TestRunner[];
  /** Everything that decides how a run of a language comes out: runner, interpreter, installed packages, sandbox. */
  identities: Identities;
  /** Brings a seed's tree here and returns its folder. */
  fetchSeed: FetchSeed;
  /** What stands for an image of a language where there is no container. */
  python: PythonEnvironment;
  /** Null where no seed is in Go. */
  go: GoEnvironment | null;
  node_modules: string;
  /** The same for test frameworks that have packages of their own. */
  packagesOf: Partial<Record<OwnEnvironment, string>>;
}

/** What lies outside the process: the sandbox, the runners of each language, the seeds. */
export interface World extends Runners {
  library: Library;
}

/** Repositories that the user added, with what became of them. */
export const ownFile = ({ data }: Pick<Settings, 'data'>): string => join(resolve(data), 'repositories.json');

/** Our seeds and the user's that can be used. */
export async function readSeeds(settings: Pick<Settings, 'repositories' | 'data'>): Promise<Seed[]> {
  const text = await readFile(manifestFile, 'utf8').catch(() => {
    throw DataError.of({
      where: manifestFile,
      expected: 'the manifest of seed repositories',
      found: 'no such file',
      fix: 'run from the folder of the project; restore the file from git',
    });
  });
  const wanted = new RegExp(settings.repositories);
  const own = (await readOwn(ownFile(settings))).flatMap(({ seed }) => (seed ? [seed] : []));
  return [...parseManifest(text, manifestFile), ...own].filter((seed) => wanted.test(seed.name));
}

/** The sandbox that the settings ask for; whatever is less than the full level is said aloud. */
async function openSandboxOf({ sandbox: level, unsafe_local }: Settings, { log }: Effects): Promise<Sandbox> {
  if (unsafe_local) log('warning: unsafe_local is set: repository code runs without isolation');
  const sandbox = await openSandbox({ unsafeLocal: unsafe_local, ...(level === 'strongest' ? {} : { level }) });
  if (!unsafe_local && !sandbox.id.startsWith('bubblewrap-full/'))
    log(`warning: repository code runs in ${sandbox.id}, not at full level; doctor says what is missing`);
  return sandbox;
}

/** Fetches what is missing and opens it. Long on a fresh clone, instant after. */
export async function openWorld(settings: Settings, effects: Effects): Promise<World> {
  const seeds = await readSeeds(settings);
  const world = await openRunners(settings, seeds, effects);
  return { ...world, library: await openLibrary(seeds, world.fetchSeed, effects.log) };
}

/** The sandbox and the runners, with what the tests of these seeds need. */
export async function openRunners(settings: Settings, seeds: readonly Seed[], effects: Effects): Promise<Runners> {
  await installMissing(effects);
  const sandbox = await openSandboxOf(settings, effects);
  const cacheDir = join(resolve(settings.data), 'cache');
  const common = seeds.filter((seed) => !hasOwnEnvironment(seed.test.runner));
  const requirements = (language: Seed['language']) => requirementsOf(common.filter((s) => s.language === language));
  const python = await preparePythonEnvironment({
    cacheDir,
    python: settings.python,
    requirements: requirements('python'),
    progress: effects.log,
  });
  const node = await prepareNodeEnvironment({
    cacheDir,
    dependencies: requirements('javascript'),
    progress: effects.log,
  });
  const own = await prepareOwn(seeds, cacheDir, effects);
  const packagesOf = Object.fromEntries(own.map(({ framework, node_modules }) => [framework, node_modules]));
  const fetchSeed = async ({ origin }: Seed): Promise<string> => {
    switch (origin.kind) {
      case 'pypi':
        return fetchPypi(origin, { cacheDir, environment: python });
      case 'npm':
        return fetchNpm(origin, { cacheDir });
      case 'go':
        return fetchGo(origin, { cacheDir, go });
      case 'path':
        return resolve(origin.path);
    }
  };
  const pytest = pythonRunner({ sandbox, python });
  const { node_modules } = node;
  const node_runner = javascriptRunner({ sandbox, node: process.execPath, node_modules, packagesOf });
  const golang = await goOf(seeds, cacheDir, effects);
  const go_runner = golang && goRunner({ sandbox, node: process.execPath, ...golang });
  const javascript = `${node_runner.id} node-${process.versions.node}`;
  const identities = {
    python: `${pytest.id} ${sandbox.id}`,
    ...(golang ? { go: `${go_runner!.id} ${golang.id}` } : {}),
    javascript: `${javascript} ${node.id}`,
    ...Object.fromEntries(
      own.map(({ framework, id }) => [`javascript/${framework}`, `${javascript} ${framework} ${id}`]),
    ),
  };
  const runners = [pytest, node_runner, ...(go_runner ? [go_runner] : [])];
  return { sandbox, runners, identities, fetchSeed, python, go: golang, node_modules, packagesOf };
}

const requirementsOf = (seeds: readonly Seed[]): string[] =>
  [...new Set(seeds.flatMap(({ requirements }) => requirements))].sort();

/** Only where a seed is in Go: others need no toolchain. */
async function goOf(seeds: readonly Seed[], cacheDir: string, { log }: Effects): Promise<GoEnvironment | null> {
  const modules = seeds.filter(({ language }) => language === 'go');
  if (modules.length === 0) return null;
  const requirements = modules.map((seed) => seed.requirements).filter((pins) => pins.length > 0);
  return prepareGoEnvironment({ cacheDir, go, requirements, progress: log });
}

/** Environments of the frameworks that have their own, of those that a seed uses. */
async function prepareOwn(seeds: readonly Seed[], cacheDir: string, { log }: Effects) {
  const frameworks = Object.keys(ownEnvironments) as OwnEnvironment[];
  const used = frameworks.filter((framework) => seeds.some(({ test }) => test.runner === framework));
  const prepared = [];
  for (const framework of used) {
    const dependencies = requirementsOf(seeds.filter(({ test }) => test.runner === framework));
    const options = { cacheDir, frameworks: ownEnvironments[framework], dependencies, progress: log };
    prepared.push({ framework, ...(await prepareNodeEnvironment(options)) });
  }
  return prepared;
}
