import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../pipeline/hash.ts';
import { project } from '../sources.ts';

const here = import.meta.dirname;

/** A Python with the consumers' own packages, or why there is none. */
export type Consumers = { python: string; missing: null } | { python: null; missing: string };

/** Minor versions of Python 3, both included. */
type Versions = readonly [first: number, last: number];

/** Made once for a set of pins; a skip is printed with its reason. Harbor needs 3.12 or later. */
export function openConsumers(requirements = 'requirements.txt', versions: Versions = [12, 14]): Consumers {
  try {
    return { python: prepare(join(here, requirements), versions), missing: null };
  } catch (error) {
    const missing = (error as Error).message.trim().split('\n').at(-1)!;
    process.stderr.write(`conformance tests are skipped: ${missing}\n`);
    return { python: null, missing };
  }
}

function prepare(pins: string, versions: Versions): string {
  const python = findPython(versions);
  const folder = join(project, 'data/cache/conformance', sha256(`${readFileSync(pins, 'utf8')}${python}`).slice(0, 12));
  if (!existsSync(join(folder, 'bin/python'))) install(python, folder, pins);
  return join(folder, 'bin/python');
}

function findPython([first, last]: Versions): string {
  const usual = ['python3', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
  const named = [process.env.CONFORMANCE_PYTHON, ...usual, ...pyenvPythons()].filter((name) => name !== undefined);
  const question = `import sys, venv; sys.exit(not (3, ${first}) <= sys.version_info[:2] <= (3, ${last}))`;
  const found = named.find((python) => run(python, ['-c', question]) !== null);
  if (found === undefined) throw new Error(`no Python 3.${first} to 3.${last}; name one with CONFORMANCE_PYTHON`);
  return found;
}

function pyenvPythons(): string[] {
  const names = run('pyenv', ['versions', '--bare'])?.trim().split('\n').reverse() ?? [];
  return names.flatMap((name) => {
    const prefix = run('pyenv', ['prefix', name]);
    return prefix === null ? [] : [join(prefix.trim(), 'bin/python')];
  });
}

/** What a command prints; null when it fails or is not there. */
function run(command: string, args: string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return null;
  }
}

/** A venv cannot be moved, so a stamp says that it is whole: its interpreter gets its name last. */
function install(python: string, folder: string, pins: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync(python, ['-m', 'venv', '--without-pip', folder]);
  const interpreter = join(folder, 'bin/python');
  renameSync(interpreter, `${interpreter}-unfinished`);
  const packages = [
    '-m',
    'pip',
    '--python',
    `${interpreter}-unfinished`,
    'install',
    '--quiet',
    '--no-deps',
    '-r',
    pins,
  ];
  execFileSync(python, [...packages, '--disable-pip-version-check', '--no-input'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  renameSync(`${interpreter}-unfinished`, interpreter);
}

/** Runs one of the scripts beside this file and reads the JSON that it prints. */
export function ask<T>(consumers: Consumers, script: string, ...args: string[]): T {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1' };
  const out = execFileSync(consumers.python!, [join(here, script), ...args], {
    encoding: 'utf8',
    env,
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(out.trim().split('\n').at(-1)!) as T;
}

/** The last line a script complained with. */
export function complaint(consumers: Consumers, script: string, ...args: string[]): string {
  try {
    ask(consumers, script, ...args);
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error).trim();
  }
  return '';
}
