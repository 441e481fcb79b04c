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

/** Most a run may use; `wall_ms` bounds its whole life. */
export const limitsFor = (wall_ms: number): Limits => ({
  wall_ms,
  cpu_s: Math.ceil(wall_ms / 1000) * 4 + 10,
  memory_bytes: 1536 * mebibyte,
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
  const reporter = ['--test-reporter=/runner/node-test-reporter.mjs', '--test-reporter-destination=stdout'];
  const flags = repository.test.runner === 'node-test' ? reporter : [];
  return command(installation, repository, job, [...flags, '/runner/cold.cjs']);
};

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
    limits: limitsFor(job.wall_ms),
  };
}

/** As many as `inside/canary.cjs` knows for the framework, and as deep. */
export function canariesFor({ test }: RepositorySnapshot): string[] {
  const canaries = newCanaries(test.runner === 'tape' ? 4 : 1, 'js');
  return test.runner === 'mocha' ? canaries.map((id) => `${id} > fails`) : canaries;
}

const describe = ({ test, test_paths, source_paths }: RepositorySnapshot, { request, canaries }: Job) => ({
  runner: test.runner,
  deselect: test.deselect,
  test_paths,
  source_paths,
  canaries: canaries ?? [],
  tests: request?.tests ? [...request.tests, ...(canaries ?? [])] : null,
  stop_at_first_failure: request?.stop_at_first_failure ?? false,
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
