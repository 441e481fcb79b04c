import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { environmentOnce } from './made-once.ts';
import { reasonOf } from './npm.ts';

const run = promisify(execFile);

/** Raise it when the same pins should be installed anew. */
const layout = 1;

/** The test frameworks that the runner drives; node:test comes with Node. */
export const frameworkPins: readonly string[] = ['mocha@11.7.5', 'tape@5.10.2'];

/**
 * Frameworks that bring many packages of their own: each in an environment apart, and only where a repository uses it,
 * so that none of these packages is found by the tests of another.
 */
export const ownEnvironments = {
  jest: ['@babel/plugin-transform-modules-commonjs@7.27.1', 'jest@30.5.2'],
  vitest: ['vite@8.3.8', 'vitest@5.1.1'],
} as const;
export type OwnEnvironment = keyof typeof ownEnvironments;

export const hasOwnEnvironment = (runner: string): runner is OwnEnvironment => runner in ownEnvironments;

/** What a framework is installed from. */
export const pinsOf = (runner: string): readonly string[] =>
  hasOwnEnvironment(runner) ? ownEnvironments[runner] : frameworkPins.filter((pin) => pin.startsWith(`${runner}@`));

export interface NodeEnvironmentOptions {
  /** Environments lie in `node/` below it. */
  cacheDir: string;
  /** Exact pins (`name@version`) that the tests and sources of the seeds need. */
  dependencies: readonly string[];
  /** Pins of the frameworks themselves, when not the usual ones. */
  frameworks?: readonly string[];
  /** Told what is going on, a line at a time. */
  progress?: (line: string) => void;
}

/** Packages for the tests, to be bound at `/node_modules` in the sandbox. */
export interface NodeEnvironment {
  /** Digest of the pins. */
  id: string;
  node_modules: string;
}

/**
 * Installs the test frameworks and these packages: once, found again by the digest of the pins. No install script
 * runs. What the pinned packages need in turn is as npm resolves it on the day. DataError when npm cannot do it.
 */
export async function prepareNodeEnvironment(options: NodeEnvironmentOptions): Promise<NodeEnvironment> {
  const pins = checkedPins([...(options.frameworks ?? frameworkPins), ...options.dependencies]);
  const digest = sha256(canonicalJson({ layout, pins })).slice(0, 12);
  const folder = join(options.cacheDir, 'node', digest);
  await environmentOnce(folder, { cacheDir: options.cacheDir, digest, pins }, async (made) => {
    options.progress?.(`installing ${Object.keys(pins).length} pinned packages for the JavaScript tests`);
    await mkdir(made);
    await writeFile(join(made, 'package.json'), JSON.stringify({ private: true, dependencies: pins }, null, 2));
    await npmInstall(made);
  });
  return { id: `node-${digest}`, node_modules: join(folder, 'node_modules') };
}

/** Sorted by name; refuses a range, and two versions of one package. */
function checkedPins(pins: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const pin of [...new Set(pins)].sort()) {
    const [, name, version] =
      /^((?:@[\w.-]+\/)?[\w.-]+)@(\d+\.\d+\.\d+[\w.+-]*)$/.exec(pin) ?? refuse(pin, 'name@version, exact');
    if (versions[name!] !== undefined) refuse(pin, `${name} only once, as ${versions[name!]}`);
    versions[name!] = version!;
  }
  return versions;
}

const refuse = (found: string, expected: string): never => {
  throw DataError.of({ where: 'requirements', expected, found, fix: 'mend the pins in the seed manifest' });
};

async function npmInstall(folder: string): Promise<void> {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--legacy-peer-deps', '--silent'];
  try {
    await run('npm', ['install', ...flags], { cwd: folder, maxBuffer: 1 << 26 });
  } catch (error) {
    const expected = 'every pinned package from the registry that npm is configured for';
    const fix = 'check the network and npm configuration, then run again; or mend the pins in the seed manifest';
    throw DataError.of({ where: 'npm install', expected, found: reasonOf(error), fix });
  }
}
