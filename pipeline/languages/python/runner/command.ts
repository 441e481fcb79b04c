import { basename, join } from 'node:path';
import type { Limits, RepositorySnapshot, Sandbox, SandboxCommand } from '../../../ports.ts';
import type { Texts } from './edits.ts';

/** A Python with pytest, as seen from outside and inside the sandbox. */
export interface PythonEnvironment {
  /** Interpreter version and digest of the installed pins; enters the runner's id. */
  readonly id: string;
  /** Absolute path of the interpreter, the same outside and inside. */
  readonly python: string;
  /** What the interpreter needs to see of the host, besides /usr. */
  readonly binds: readonly { source: string; target: string }[];
}

export interface RunnerOptions {
  sandbox: Sandbox;
  python: PythonEnvironment;
  /** Folder with `socratic_pytest`; the one beside this file when left out. */
  toolsDir?: string;
}

/** What the plugins read before anything else. */
export interface PluginRequest {
  test_ids: readonly string[] | null;
  coverage: boolean;
  stop_at_first_failure: boolean;
  /** Most processor time for all tests together; null for no limit but the sandbox's. */
  budget_ms: number | null;
  /** Id of the test that must fail; a warm server gets one with each run. */
  canary: string | null;
}

const tools = '/tools';
const repo = '/repo';

/** `python -m pytest` with one of our plugins (`cold` or `warm`) over a repository. */
export function pytestCommand(
  options: RunnerOptions,
  repository: RepositorySnapshot,
  run: { plugin: 'cold' | 'warm'; request: PluginRequest; edited?: Texts; limits: Limits },
): SandboxCommand {
  const { source_paths, test } = repository;
  const request = { ...run.request, source_paths, deselect: test.deselect };
  const edited = [...(run.edited ?? [])].map(([path, content]) => ({ target: `${repo}/${path}`, content }));
  return {
    argv: [
      options.python.python,
      '-m',
      'pytest',
      ...arguments_(run.plugin),
      ...testFiles(repository, run.request.test_ids),
    ],
    binds: [
      { source: repository.root, target: repo },
      { source: options.toolsDir ?? join(import.meta.dirname, 'tools'), target: tools },
      ...options.python.binds,
    ],
    files: [{ target: `${tools}/request.json`, content: JSON.stringify(request) }, ...edited],
    cwd: repo,
    environment: environment(repository),
    limits: run.limits,
  };
}

/** The repository's own pytest configuration does not count; its conftest.py files do. */
const arguments_ = (plugin: string): string[] => [
  ...['-q', '-s', '--tb=no', '--no-header', '-p', 'no:cacheprovider', '-p', 'no:faulthandler'],
  ...['-c', `${tools}/pytest.ini`, '-o', 'addopts=', `--rootdir=${repo}`, '--basetemp=/tmp/pytest'],
  ...['-p', `socratic_pytest.${plugin}`],
];

/** Test files by name, for repositories whose files pytest would not find by itself. */
function testFiles(repository: RepositorySnapshot, test_ids: readonly string[] | null): string[] {
  const all = repository.test_paths.filter((path) => path.endsWith('.py') && !isSupport(path));
  if (test_ids === null) return all;
  const wanted = new Set(test_ids.map((id) => id.split('::', 1)[0]));
  return all.filter((path) => wanted.has(path));
}

const isSupport = (path: string): boolean => ['conftest.py', '__init__.py'].includes(basename(path));

function environment({ test }: RepositorySnapshot): Record<string, string> {
  return {
    PATH: '/usr/bin:/bin',
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    COLUMNS: '80',
    PYTHONHASHSEED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    PYTEST_DISABLE_PLUGIN_AUTOLOAD: '1',
    ...test.environment,
    PYTHONPATH: [...test.import_roots.map((root) => join(repo, root)), tools].join(':'),
    SOCRATIC_ROOT: repo,
    SOCRATIC_REQUEST: `${tools}/request.json`,
  };
}
