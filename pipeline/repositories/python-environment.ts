import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type { PythonEnvironment } from '../languages/python/runner/command.ts';
import { environmentOnce } from './made-once.ts';

const run = promisify(execFile);

/** Raise it when the same pins should be installed anew. */
const layout = 1;

/** What every environment has: the pip that fetches seeds, and pytest with all it needs. */
export const basePins: readonly string[] = [
  'pip==25.3',
  'pytest==8.4.2',
  'iniconfig==2.1.0',
  'packaging==25.0',
  'pluggy==1.6.0',
  'pygments==2.19.2',
  'exceptiongroup==1.3.0; python_version < "3.11"',
  'tomli==2.2.1; python_version < "3.11"',
  'typing-extensions==4.15.0; python_version < "3.13"',
];

export interface PythonEnvironmentOptions {
  /** Environments lie in `python/` below it. */
  cacheDir: string;
  /** Command or path of a Python 3.9 or later, for example `python3`. */
  python: string;
  /** Exact pins (`name==version`) the tests of the seeds need, their own dependencies included. */
  requirements: readonly string[];
  /** Told what is going on, a line at a time. */
  progress?: (line: string) => void;
}

/** What an interpreter says of itself. */
interface Interpreter {
  version: [number, number, number];
  executable: string;
  prefixes: string[];
}

/**
 * A virtual environment with exactly these packages: made once, found again by the digest of its pins.
 * Only wheels are installed, so no build code runs. DataError when Python, venv or a pinned package cannot be had.
 */
export async function preparePythonEnvironment(options: PythonEnvironmentOptions): Promise<PythonEnvironment> {
  const interpreter = await inspect(options.python);
  const pins = [...basePins, ...new Set(options.requirements.map(checkedPin))].sort();
  const digest = sha256(canonicalJson({ layout, interpreter, pins })).slice(0, 12);
  const folder = join(options.cacheDir, 'python', digest);
  const { cacheDir, progress } = options;
  await environmentOnce(folder, { cacheDir, digest, interpreter, pins }, (made) =>
    install(made, interpreter, pins, progress),
  );
  return {
    id: `cpython-${interpreter.version.join('.')}-${digest}`,
    python: join(folder, 'bin', 'python'),
    binds: [folder, ...outsideUsr(interpreter.prefixes)].map((path) => ({ source: path, target: path })),
  };
}

/** The real interpreter behind a shim or another virtual environment. */
const question = `
import json, os, sys
real = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
prefixes = {os.path.realpath(p) for p in (sys.base_prefix, sys.base_exec_prefix, os.path.dirname(os.path.dirname(real)))}
print(json.dumps({"version": sys.version_info[:3], "executable": real, "prefixes": sorted(prefixes)}))
`;

async function inspect(python: string): Promise<Interpreter> {
  const fix = 'install Python 3.9 or later, or say which one to use';
  let interpreter: Interpreter;
  try {
    interpreter = JSON.parse((await run(python, ['-I', '-c', question])).stdout) as Interpreter;
  } catch (error) {
    throw DataError.of({ where: python, expected: 'a Python interpreter', found: reasonOf(error), fix });
  }
  const [major, minor] = interpreter.version;
  if (major === 3 && minor >= 9) return interpreter;
  throw DataError.of({ where: python, expected: 'Python 3.9 or later', found: interpreter.version.join('.'), fix });
}

function checkedPin(pin: string): string {
  if (/^[A-Za-z0-9][\w.-]*==[\w.!+]+( *;[^;]+)?$/.test(pin)) return pin;
  const fix = 'pin the exact version in the seed manifest';
  throw DataError.of({ where: 'requirements', expected: 'name==version', found: pin, fix });
}

/** /usr is visible in the sandbox anyway; a prefix inside another needs no bind of its own. */
function outsideUsr(prefixes: readonly string[]): string[] {
  const within = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
  const outside = prefixes.filter((path) => !within(path, '/usr') && path !== '/');
  return outside.filter((path) => !outside.some((other) => other !== path && within(path, other)));
}

async function install(
  folder: string,
  interpreter: Interpreter,
  pins: readonly string[],
  progress: PythonEnvironmentOptions['progress'],
): Promise<void> {
  progress?.(`making a virtual environment of ${interpreter.executable}`);
  await makeVenv(interpreter, folder);
  progress?.(`installing ${pins.length} pinned packages`);
  await installPins(join(folder, 'bin', 'python'), pins);
}

async function makeVenv(interpreter: Interpreter, folder: string): Promise<void> {
  try {
    await run(interpreter.executable, ['-I', '-m', 'venv', folder]);
  } catch (error) {
    const expected = 'a Python with the venv and ensurepip modules';
    const fix = 'install them (on Debian and Ubuntu the package python3-venv), or use another Python';
    throw DataError.of({ where: interpreter.executable, expected, found: reasonOf(error), fix });
  }
}

async function installPins(python: string, pins: readonly string[]): Promise<void> {
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const pip = pins.filter((pin) => pin.startsWith('pip=='));
  try {
    for (const some of [pip, pins]) {
      const packages = ['install', ...quiet, '--no-deps', '--only-binary', ':all:', ...some];
      await run(python, ['-m', 'pip', ...packages], { maxBuffer: 1 << 26 });
    }
    await run(python, ['-m', 'pip', 'check', '--disable-pip-version-check']);
  } catch (error) {
    const expected = 'every pinned package, as a wheel, from the index that pip is configured for';
    const fix = 'check the network and pip configuration, then run again; or mend the pins in the seed manifest';
    throw DataError.of({ where: 'pip install', expected, found: reasonOf(error), fix });
  }
}

/** The last line a failed command wrote, or why it could not be started. */
export function reasonOf(error: unknown): string {
  const { stderr = '', stdout = '', message } = error as { stderr?: string; stdout?: string; message: string };
  const lines = `${stdout}\n${stderr}`.trim().split('\n');
  return lines.findLast((line) => /error/i.test(line)) || lines.at(-1) || message;
}
