import { fileURLToPath } from 'node:url';
import type { Limits, RepositorySnapshot, SandboxCommand, SuiteRequest } from '../../../ports.ts';
import type { GoPackage } from './packages.ts';

/** Where things lie on the host. */
export interface GoInstallation {
  /** Runs the script that builds and follows the tests. */
  node: string;
  /** The toolchain: the folder that holds `bin/go`. */
  goroot: string;
  /** Compiled standard library and dependencies, as `prepareGoEnvironment` makes them. */
  build_cache: string;
  /** Sources of the dependencies. At its own place inside too: what is compiled knows where its sources lie. */
  module_cache: string;
}

const inside = fileURLToPath(new URL('./inside', import.meta.url));
const mebibyte = 1024 * 1024;

const limitsFor = (wall_ms: number): Limits => ({
  wall_ms,
  cpu_s: Math.ceil(wall_ms / 1000) * 4 + 10,
  memory_bytes: 2048 * mebibyte,
  process_count: 256,
  output_bytes: 64 * mebibyte,
  file_bytes: 512 * mebibyte,
});

export interface GoJob {
  request: SuiteRequest;
  /** In front of the names of the module's own files in a coverage profile. */
  module_path: string;
  packages: readonly GoPackage[];
  /** Ids of tests that must fail, one for each package; fewer when none is wanted. */
  canaries: readonly string[];
  /** Edited texts by path, laid over the pristine tree. */
  texts: Readonly<Record<string, string>>;
}

/** Builds each package's tests with one more file, and runs them. */
export function goCommand(installation: GoInstallation, repository: RepositorySnapshot, job: GoJob): SandboxCommand {
  const { node, goroot, build_cache, module_cache } = installation;
  const texts = Object.entries(job.texts);
  return {
    argv: ['/opt/node', '--max-old-space-size=256', '--no-warnings', '/runner/drive.cjs'],
    binds: [
      { source: repository.root, target: '/repo' },
      { source: node, target: '/opt/node' },
      { source: goroot, target: '/opt/go' },
      { source: build_cache, target: '/go-build' },
      { source: module_cache, target: module_cache },
      { source: inside, target: '/runner' },
    ],
    files: [
      { target: '/job.json', content: JSON.stringify(describe(repository, job)) },
      ...texts.map(([path, content]) => ({ target: `/repo/${path}`, content })),
    ],
    writable: '/go-build',
    cwd: '/repo',
    environment: { ...environmentOf(repository), GOMODCACHE: module_cache },
    limits: limitsFor(job.request.wall_ms),
  };
}

const describe = (repository: RepositorySnapshot, { request, module_path, packages, canaries }: GoJob) => {
  const deselected = new Set(repository.test.deselect);
  return {
    packages: packages.map((each) => ({ ...each, tests: each.tests.filter(({ id }) => !deselected.has(id)) })),
    canaries,
    source_paths: repository.source_paths,
    module_path,
    stop_at_first_failure: request.stop_at_first_failure ?? false,
    coverage: request.coverage ?? false,
  };
};

const environmentOf = ({ test }: RepositorySnapshot): Record<string, string> => ({
  PATH: '/opt/go/bin:/usr/bin:/bin',
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  SOCRATIC_ROOT: '/repo',
  SOCRATIC_JOB: '/job.json',
  GOROOT: '/opt/go',
  GOCACHE: '/go-build',
  GOENV: 'off',
  GOPROXY: 'off',
  GOSUMDB: 'off',
  GOTOOLCHAIN: 'local',
  GOFLAGS: '-buildvcs=false',
  GOWORK: 'off',
  CGO_ENABLED: '0',
  GOMAXPROCS: '2',
  ...test.environment,
});
