import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { environmentOnce } from './made-once.ts';
import { reasonOf } from './npm.ts';

const run = promisify(execFile);

/** Raise it when the same pins should be fetched and compiled anew. */
const layout = 2;
/** The oldest toolchain whose test programs the runner can follow. */
const oldest = 21;

export interface GoEnvironmentOptions {
  /** Environments lie in `go/` below it. */
  cacheDir: string;
  /** Command or path of the go tool. */
  go: string;
  /** For each repository: its Go version as `go@1.21`, and what it requires as `path@version`. */
  requirements: readonly (readonly string[])[];
  /** Told what is going on, a line at a time. */
  progress?: (line: string) => void;
}

/** What stands for an image of Go modules. */
export interface GoEnvironment {
  /** Version of the toolchain and digest of the pins. */
  id: string;
  goroot: string;
  build_cache: string;
  module_cache: string;
}

/**
 * Fetches the dependencies and compiles them and the standard library: once, found again by digest. Nothing of them
 * runs. DataError when there is no usable go tool, or a pin cannot be had.
 */
export async function prepareGoEnvironment(options: GoEnvironmentOptions): Promise<GoEnvironment> {
  const toolchain = await inspect(options.go);
  const pins = options.requirements.map((each) => [...each].sort()).sort();
  const digest = sha256(canonicalJson({ layout, version: toolchain.version, pins })).slice(0, 12);
  const folder = join(options.cacheDir, 'go', digest);
  await environmentOnce(folder, { cacheDir: options.cacheDir, digest, pins }, async (made) => {
    const base = pins.length > 0 ? await prepareGoEnvironment({ ...options, requirements: [] }) : null;
    await compile(made, { ...options, pins, base });
  });
  const [build_cache, module_cache] = [join(folder, 'build'), moduleCache(options.cacheDir)];
  return { id: `${toolchain.version}-${digest}`, goroot: toolchain.goroot, build_cache, module_cache };
}

/** Sources of every module that was asked for: one place for all, which the go tool itself keeps whole. */
export const moduleCache = (cacheDir: string): string => join(cacheDir, 'go', 'modules');

interface Toolchain {
  version: string;
  goroot: string;
}

async function inspect(go: string): Promise<Toolchain> {
  const fix = `install Go 1.${oldest} or later and put it on the PATH, or remove the Go repositories`;
  const refuse = (found: string) => DataError.of({ where: go, expected: `Go 1.${oldest} or later`, found, fix });
  const said = await run(go, ['env', '-json', 'GOVERSION', 'GOROOT']).catch((error: unknown) => {
    throw refuse(reasonOf(error));
  });
  const { GOVERSION: version, GOROOT: goroot } = JSON.parse(said.stdout) as Record<string, string>;
  const [, minor] = /^go1\.(\d+)/.exec(version ?? '') ?? [];
  if (Number(minor) >= oldest) return { version: version!, goroot: goroot! };
  throw refuse(version ?? 'no version');
}

/** What is fetched can be deleted again, and no other toolchain is. */
export const quietGo = ['GOFLAGS=-modcacherw', 'GOTOOLCHAIN=local'];

interface Compile extends GoEnvironmentOptions {
  pins: readonly (readonly string[])[];
  /** Has the standard library compiled; null when this is it. */
  base: GoEnvironment | null;
}

async function compile(made: string, { cacheDir, go, pins, base, progress }: Compile): Promise<void> {
  const build = join(made, 'build');
  await mkdir(made);
  await mkdir(moduleCache(cacheDir), { recursive: true });
  if (base) await run('cp', ['-al', base.build_cache, build]);
  const places = [`GOMODCACHE=${moduleCache(cacheDir)}`, `GOCACHE=${build}`];
  const tool = { go, settings: [...places, ...quietGo, 'GOWORK=off', 'CGO_ENABLED=0'] };
  if (!base) {
    progress?.('compiling the standard library of Go, about a minute');
    await asked(tool, made, ['build', 'std']);
  }
  for (const each of pins.filter((of) => of.length > 0)) await fetchModule(tool, made, each, progress);
  await keepFresh(build);
}

interface Tool {
  go: string;
  /** `NAME=value`, beside what the user has set: proxies and private modules are the user's own. */
  settings: readonly string[];
}

/** What one repository requires, by a module that requires the same. */
async function fetchModule(
  tool: Tool,
  made: string,
  pins: readonly string[],
  progress?: (line: string) => void,
): Promise<void> {
  const folder = join(made, `module-${sha256(pins.join(' ')).slice(0, 12)}`);
  const named = pins.map(parsePin);
  const version = named.find(({ path }) => path === 'go')?.version ?? '1.16';
  const required = named.filter(({ path }) => path !== 'go');
  const lines = required.map(({ path, version: exact }) => `require ${path} ${exact}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'go.mod'), ['module socratic.invalid/pins', `go ${version}`, ...lines, ''].join('\n'));
  progress?.(`fetching ${required.length} Go modules`);
  await asked(tool, folder, ['mod', 'download']);
  for (const { path } of required)
    await asked(tool, folder, ['build', '-mod=mod', `${path}/...`]).catch((error: DataError) =>
      progress?.(`${path} is compiled when it is needed: ${error.message.split('\n')[0]}`),
    );
}

function parsePin(pin: string): { path: string; version: string } {
  const [, path, version] = /^([^@\s]+)@(v?\d[\w.+-]*)$/.exec(pin) ?? [];
  if (path !== undefined && version !== undefined) return { path, version };
  const fix = 'mend the pins in the seed manifest';
  throw DataError.of({ where: 'requirements', expected: 'path@v1.2.3 or go@1.21', found: pin, fix });
}

async function asked({ go, settings }: Tool, cwd: string, args: readonly string[]): Promise<void> {
  try {
    await run('env', [...settings, go, ...args], { cwd, maxBuffer: 1 << 26 });
  } catch (error) {
    const fix = 'check the network and the proxy that go is configured for; or mend the pins in the seed manifest';
    throw DataError.of({ where: `go ${args.join(' ')}`, expected: 'success', found: reasonOf(error), fix });
  }
}

/** The go tool marks what it uses once an hour, which would copy every used file into each run's private layer. */
async function keepFresh(build: string): Promise<void> {
  const far = new Date('2100-01-01');
  for (const path of globSync('**', { cwd: build })) await utimes(join(build, path), far, far);
}
