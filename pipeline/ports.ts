/**
 * The outside world as the pipeline sees it. Each port carries an `id` that names the implementation and
 * its version: it enters the fingerprint of every stage that uses the port.
 */

export type Language = 'python' | 'javascript' | 'go';

/** Replaces [start, end) of one source file. Offsets are UTF-16 code units of the text the edit applies to. */
export interface Edit {
  path: string;
  start: number;
  end: number;
  replacement: string;
}

/** An unpacked seed repository. The tree under `root` is pristine and never written to. */
export interface RepositorySnapshot {
  repository_id: string;
  name: string;
  version: string;
  language: Language;
  /** Absolute path of the unpacked tree. */
  root: string;
  /** Files an edit may touch, relative to `root`, sorted. Never a test or a configuration file. */
  source_paths: readonly string[];
  /** Test files, relative to `root`, sorted. */
  test_paths: readonly string[];
  test: TestCommand;
}

/** How a repository's own tests are run. */
export interface TestCommand {
  runner: 'pytest' | 'tape' | 'node-test' | 'mocha' | 'jest' | 'vitest' | 'go-test';
  /** Tests left out by id, with a reason in the manifest (needs a network, a clock, another package ...). */
  deselect: readonly string[];
  /** Extra import roots relative to the repository, for example `src`. */
  import_roots: readonly string[];
  /** Extra environment for the tests. */
  environment: Readonly<Record<string, string>>;
}

export type TestStatus = 'passed' | 'failed' | 'error' | 'skipped' | 'timeout';

export interface Frame {
  path: string;
  line: number;
}

/** Executed line numbers by source path, sorted, only files in `source_paths`. */
export type Coverage = Record<string, number[]>;

export interface TestResult {
  test_id: string;
  status: TestStatus;
  /** `Type: text`, cut at 400 characters, addresses masked; null when passed. */
  message: string | null;
  /** Bare exception type, for example `TypeError`; null when passed or unknown. */
  exception: string | null;
  /** Frames inside `source_paths`, outermost first, at most 12. */
  frames: Frame[];
  duration_ms: number;
  /** Only when coverage was asked for. */
  coverage?: Coverage;
}

/**
 * What one run of tests came to. `complete`: every asked test reported. `incomplete`: the process ended
 * without reporting all of them. `broken`: the edited code does not compile or the tests could not be collected.
 * `forged`: a hidden test that must fail did not, so no result counts. `infrastructure_error` is never a verdict: the
 * runner itself failed.
 */
export type RunOutcome =
  | 'complete'
  | 'incomplete'
  | 'broken'
  | 'timeout'
  | 'memory'
  | 'output'
  | 'forged'
  | 'infrastructure_error';

export interface SuiteRun {
  outcome: RunOutcome;
  detail: string | null;
  /** One entry per test that reported. A test that is not here did not run: that is a failure, never a pass. */
  tests: TestResult[];
  wall_ms: number;
}

export interface SuiteRequest {
  /** Applied in order, each to the text the ones before it left. */
  edits: readonly Edit[];
  /** Ids to run in this order; all of the repository's tests when left out. */
  tests?: readonly string[];
  coverage?: boolean;
  /** Ends the run at the first test that does not pass. */
  stop_at_first_failure?: boolean;
  wall_ms: number;
}

/** One candidate edit tried on top of a broken tree. */
export interface Probe {
  /** `broken`: does not compile. `crashed`: the process died. */
  outcome: 'ran' | 'broken' | 'timeout' | 'crashed';
  /** Results up to and including the first test that does not pass. Empty unless `ran`. */
  tests: TestResult[];
  /**
   * Why a fresh process ran it, some hundred times slower: the edit could not be put into the loaded program, or it
   * passed but touches a function that ran while the program was loaded.
   */
  cold_because?: 'cannot_swap' | 'doubtful';
}

export interface ProbeRequest {
  /** Makes the broken tree out of the pristine one. */
  base: readonly Edit[];
  /** Each is tried alone on the broken tree; its offsets are those of the broken text. */
  candidates: readonly Edit[];
  /** Run in this order, ends at the first that does not pass. */
  tests: readonly string[];
  /** Most processor time one candidate may take. */
  budget_ms: number;
}

/** A long-lived process in the sandbox that has a repository's tests loaded and runs them over edited sources. */
export interface WarmSession {
  /** Every collected test id, in collection order. */
  readonly test_ids: readonly string[];
  /** A fresh process (fork) or a fresh module registry per call. */
  suite(request: SuiteRequest): Promise<SuiteRun>;
  /** Many small runs; faster than `suite`, may share a process between candidates. Results in the order of candidates. */
  probe(request: ProbeRequest): Promise<Probe[]>;
  close(): Promise<void>;
}

/** Runs tests of one language's repositories in the sandbox. */
export interface TestRunner {
  readonly id: string;
  readonly language: Language;
  /** One fresh process over the edited tree: the judge that warm runs are compared with. */
  cold(repository: RepositorySnapshot, request: SuiteRequest): Promise<SuiteRun>;
  warm(repository: RepositorySnapshot): Promise<WarmSession>;
}

export interface Limits {
  /** For a machine of its own: a run that others keep from working is given more (`patience.ts`). */
  wall_ms: number;
  cpu_s: number;
  memory_bytes: number;
  process_count: number;
  /** Standard output, standard error and the report channel together. */
  output_bytes: number;
  /** Largest file the command may write, and the size of /tmp. */
  file_bytes: number;
}

export interface SandboxCommand {
  argv: readonly string[];
  /** Host paths shown read-only inside. Nothing else of the host is visible but /usr. */
  binds: readonly { source: string; target: string }[];
  /** Files laid over the binds (an edited source file), by absolute path inside. */
  files?: readonly { target: string; content: string | Uint8Array }[];
  /** Gives the command a private writable copy of this bind's target that vanishes with it. */
  writable?: string;
  cwd: string;
  /** The whole environment: nothing is inherited from the host. */
  environment: Readonly<Record<string, string>>;
  limits: Limits;
}

export type SandboxEnd = 'exited' | 'timeout' | 'memory' | 'output' | 'killed' | 'infrastructure_error';

export interface SandboxOutcome {
  end: SandboxEnd;
  exit_code: number | null;
  detail: string | null;
  stdout: string;
  stderr: string;
  /** What the command wrote to file descriptor 3: the structured report, apart from anything the tests print. */
  report: string;
  wall_ms: number;
}

/** A started command that talks: lines in by file descriptor 0, lines out by file descriptor 3. */
export interface SandboxProcess {
  send(line: string): void;
  /** Lines from file descriptor 3, without the newline. Ends when the process does. */
  readonly lines: AsyncIterable<string>;
  /** Resolves once the process and everything it started are gone. */
  readonly ended: Promise<SandboxOutcome>;
  kill(): void;
  /** Says that only the next line will set untrusted code to work again: until then its memory is looked at less often. */
  rest(): void;
}

/** Runs untrusted commands. */
export interface Sandbox {
  /** Level and version, for example `bubblewrap-full/1`. */
  readonly id: string;
  run(command: SandboxCommand): Promise<SandboxOutcome>;
  /** `limits.wall_ms` bounds the whole life of the process. */
  start(command: SandboxCommand): SandboxProcess;
}

/** What has been asked of a harness so far; `unique` ones had to be run, the others were in the cache. */
export interface ExecutionCount {
  asked: number;
  unique: number;
}

/** Runs tests of any repository over edited sources, and remembers what came out. */
export interface Harness {
  /** Runners, sandbox level and harness version. */
  readonly id: string;
  readonly executions: ExecutionCount;
  /** `repeat` tells reruns of the same request apart. */
  suite(repository_id: string, request: SuiteRequest & { repeat?: number }): Promise<SuiteRun>;
  /** The same in a fresh process: the judge of warm runs. */
  cold(repository_id: string, request: SuiteRequest & { repeat?: number }): Promise<SuiteRun>;
  probe(repository_id: string, request: ProbeRequest): Promise<Probe[]>;
  /** Id of the execution that `suite` answers such a request with. */
  executionOf(repository_id: string, request: SuiteRequest & { repeat?: number }): string;
}

/** A monotonic clock for volatile columns. Nothing else may depend on it. */
export interface Stopwatch {
  readonly id: string;
  now(): number;
}

/** A seed as set-up left it: unpacked, or not to be had. */
export interface SeedState {
  repository_id: string;
  name: string;
  version: string;
  language: Language;
  split: 'train' | 'validation' | 'held_out';
  source_kind: 'pypi' | 'npm' | 'go' | 'path';
  source_locator: string;
  sha256: string;
  licence: string;
  /** Null when it could not be had; `detail` says why. */
  snapshot: RepositorySnapshot | null;
  detail: string | null;
}

/** The seed repositories. */
export interface Library {
  /** Digest of the manifest and of what could be had. */
  readonly id: string;
  readonly seeds: readonly SeedState[];
  /** Pristine text of every source file, by path. */
  sources(repository_id: string): ReadonlyMap<string, string>;
  /** Pristine text of every test file, by path. */
  tests(repository_id: string): ReadonlyMap<string, string>;
}

/** Bytes by name. Names are content digests, so writing twice is harmless. */
export interface ObjectStore {
  readonly id: string;
  put(name: string, content: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array>;
}
