import { fileURLToPath } from 'node:url';
import type { Limits, RepositorySnapshot, SandboxCommand, SuiteRequest } from '../../../ports.ts';
import { newCanaries } from '../../canary.ts';

/** Where things lie on the host. */
export interface NodeInstallation {
  /** The node binary. */
  node: string;
  /** Folder with the test frameworks and packages that the tests need, as `prepareNodeEnvironment` makes it; none for node:test alone. */
  node_modules: string | null;
}

const inside = fileURLToPath(new URL('./inside', import.meta.url));
const mebibyte = 1024 * 1024;
/** Young and old heap of V8. Less than the sandbox allows, so that a leak ends as an error of V8. */
const heap_megabytes = 512;

/** Each thread of vitest reserves address space of its own for code, which counts though it is never used. */
const memoryOf = ({ test }: RepositorySnapshot): number => (test.runner === 'vitest' ? 4096 : 1536) * mebibyte;

/** Most a run may use; `wall_ms` bounds its whole life. */
const limitsFor = (repository: RepositorySnapshot, wall_ms: number): Limits => ({
  wall_ms,
  cpu_s: Math.ceil(wall_ms / 1000) * 4 + 10,
  memory_bytes: memoryOf(repository),
  process_count: 128,
  output_bytes: 64 * mebibyte,
  file_bytes: 64 * mebibyte,
});

export interface Job {
  request?: SuiteRequest;
  /** Ids of tests that must fail, run after the others; a warm process gets them with each request. */
  canaries?: readonly string[];
  /** Edited texts by path, laid over the pristine tree. */
  texts?: Readonly<Record<string, string>>;
  wall_ms: number;
}

/** Runs the cold script with the real framework. */
export const coldCommand = (
  installation: NodeInstallation,
  repository: RepositorySnapshot,
  job: Job,
): SandboxCommand => {
  const flags = nodeFlags[repository.test.runner] ?? [];
  return command(installation, repository, job, [...flags, '/runner/cold.cjs']);
};

const nodeFlags: Partial<Record<RepositorySnapshot['test']['runner'], readonly string[]>> = {
  'node-test': ['--test-reporter=/runner/node-test-reporter.mjs', '--test-reporter-destination=stdout'],
  jest: ['--experimental-vm-modules'],
};

/** Frameworks that run in a process of their own each time, and give each test file its own world. */
export const isProcessOnly = ({ test }: Pick<RepositorySnapshot, 'test'>): boolean =>
  test.runner === 'jest' || test.runner === 'vitest';

/** Starts the process that stays. */
export const warmCommand = (
  installation: NodeInstallation,
  repository: RepositorySnapshot,
  wall_ms: number,
): SandboxCommand => command(installation, repository, { wall_ms }, ['/runner/warm.cjs']);

function command(
  installation: NodeInstallation,
  repository: RepositorySnapshot,
  job: Job,
  script: string[],
): SandboxCommand {
  const { node, node_modules } = installation;
  const texts = Object.entries(job.texts ?? {});
  return {
    argv: ['/opt/node', `--max-old-space-size=${heap_megabytes}`, '--no-warnings', ...script],
    binds: [
      { source: repository.root, target: '/repo' },
      { source: node, target: '/opt/node' },
      { source: inside, target: '/runner' },
      ...(node_modules === null ? [] : [{ source: node_modules, target: '/node_modules' }]),
    ],
    files: [
      { target: '/job.json', content: JSON.stringify(describe(repository, job)) },
      ...texts.map(([path, content]) => ({ target: `/repo/${path}`, content })),
    ],
    cwd: '/repo',
    environment: environmentOf(repository),
    limits: limitsFor(repository, job.wall_ms),
  };
}

/** As many as `inside/canary.cjs` knows for the framework, and as deep. Where files share nothing, each has its own. */
export function canariesFor(repository: RepositorySnapshot, tests?: readonly string[]): string[] {
  const { test } = repository;
  if (isProcessOnly(repository)) return newCanaries(filesOf(repository, tests).length, 'js');
  const canaries = newCanaries(test.runner === 'tape' ? 4 : 1, 'js');
  return test.runner === 'mocha' ? canaries.map((id) => `${id} > fails`) : canaries;
}

function filesOf({ test_paths }: RepositorySnapshot, tests?: readonly string[]): readonly string[] {
  if (!tests) return test_paths;
  const asked = new Set(tests.map((id) => id.slice(0, id.indexOf('::'))));
  return test_paths.filter((path) => asked.has(path));
}

const describe = ({ test, test_paths, source_paths }: RepositorySnapshot, { request, canaries }: Job) => ({
  runner: test.runner,
  deselect: test.deselect,
  test_paths,
  source_paths,
  canaries: canaries ?? [],
  tests: request?.tests ? [...request.tests, ...(canaries ?? [])] : null,
  stop_at_first_failure: request?.stop_at_first_failure ?? false,
  ...(request?.coverage ? { coverage: true } : {}),
});

const environmentOf = ({ test }: RepositorySnapshot): Record<string, string> => ({
  PATH: '/usr/bin:/bin',
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  NO_COLOR: '1',
  SOCRATIC_ROOT: '/repo',
  SOCRATIC_JOB: '/job.json',
  SOCRATIC_MODULES: '/node_modules',
  ...(test.import_roots.length > 0 ? { NODE_PATH: test.import_roots.map((root) => `/repo/${root}`).join(':') } : {}),
  ...test.environment,
});
