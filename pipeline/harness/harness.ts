import { WorkerLost } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type {
  ExecutionCount,
  Harness,
  Language,
  Library,
  Probe,
  ProbeRequest,
  RepositorySnapshot,
  SuiteRequest,
  SuiteRun,
} from '../ports.ts';
import type { ExecutionCache } from './cache.ts';
import type { SessionPool } from './pool.ts';

/** Raise it when the same request should now give another answer. */
const harnessVersion = 2;
/** Times a run that the infrastructure broke is tried again before it is recorded as such. */
const retries = 2;

export type Identities = Readonly<Partial<Record<Language | `${Language}/${string}`, string>>>;

export interface HarnessOptions {
  library: Library;
  pool: SessionPool;
  cache: ExecutionCache;
  /**
   * Everything that decides how a run of a language comes out: runner, interpreter, installed packages, sandbox. One of
   * `language/test framework` overrules that of the language.
   */
  identities: Identities;
  /** Answers from the cache alone: what was never run is a `NotStored`. */
  stored_only?: boolean;
}

/** An execution that was asked for is not in the cache, and nothing may be run. */
export class NotStored extends Error {
  override readonly name = 'NotStored';
}

/** Answers from the cache what was run before; runs the rest in warm sessions. */
export class CachedHarness implements Harness {
  readonly id: string;
  readonly executions: ExecutionCount = { asked: 0, unique: 0 };
  private readonly options: HarnessOptions;
  private readonly running = new Map<string, Promise<SuiteRun>>();

  constructor(options: HarnessOptions) {
    this.options = options;
    this.id = `harness/${harnessVersion} ${Object.values(options.identities).join(' ')}`;
  }

  suite(repository_id: string, request: SuiteRequest & { repeat?: number }): Promise<SuiteRun> {
    const { pool } = this.options;
    return this.once(repository_id, 'suite', request, (repository) =>
      pool.use(repository, (session) => session.suite(request)),
    );
  }

  cold(repository_id: string, request: SuiteRequest & { repeat?: number }): Promise<SuiteRun> {
    const { pool } = this.options;
    return this.once(repository_id, 'cold', request, (repository) =>
      pool.hold(() => pool.runnerOf(repository).cold(repository, request)),
    );
  }

  async probe(repository_id: string, request: ProbeRequest): Promise<Probe[]> {
    this.executions.asked += request.candidates.length;
    const shared = this.key(repository_id, 'probe', { base: request.base, tests: request.tests });
    const keys = request.candidates.map((edit) => sha256(`${shared}${canonicalJson(edit)}`).slice(0, 32));
    const found = keys.map((key) => this.options.cache.get<Probe>(key));
    const missing = keys.flatMap((_, index) => (found[index] ? [] : [index]));
    if (missing.length > 0) {
      this.requireRunning('probe', repository_id);
      const candidates = missing.map((index) => request.candidates[index]!);
      const probes = await tryAgain(() =>
        this.options.pool.use(this.snapshot(repository_id), (session) => session.probe({ ...request, candidates })),
      );
      for (const [at, index] of missing.entries()) {
        found[index] = compact(probes[at]!);
        this.remember(keys[index]!, repository_id, 'probe', found[index]);
      }
    }
    return found as Probe[];
  }

  executionOf(repository_id: string, { wall_ms: _, ...identity }: SuiteRequest & { repeat?: number }): string {
    return this.key(repository_id, 'suite', identity);
  }

  private requireRunning(kind: string, repository_id: string): void {
    if (this.options.stored_only) throw new NotStored(`${kind} of ${repository_id}`);
  }

  /** Answers from the cache, joins a run of the same request that is under way, or runs it. */
  private once(
    repository_id: string,
    kind: string,
    { wall_ms: _, ...identity }: SuiteRequest & { repeat?: number },
    run: (repository: RepositorySnapshot) => Promise<SuiteRun>,
  ): Promise<SuiteRun> {
    this.executions.asked++;
    const key = this.key(repository_id, kind, identity);
    const known = this.options.cache.get<SuiteRun>(key);
    if (known) return Promise.resolve(known);
    if (this.options.stored_only) return Promise.reject(new NotStored(`${kind} ${key} of ${repository_id}`));
    const already = this.running.get(key);
    if (already) return already;
    const started = this.runWithRetries(repository_id, key, run).finally(() => this.running.delete(key));
    this.running.set(key, started);
    return started;
  }

  private async runWithRetries(
    repository_id: string,
    key: string,
    run: (repository: RepositorySnapshot) => Promise<SuiteRun>,
  ): Promise<SuiteRun> {
    let result: SuiteRun;
    let attempt = 0;
    do result = await tryAgain(() => run(this.snapshot(repository_id)));
    while (result.outcome === 'infrastructure_error' && attempt++ < retries);
    if (result.outcome !== 'infrastructure_error') this.remember(key, repository_id, 'suite', result);
    return result;
  }

  private remember(key: string, repository_id: string, kind: 'probe' | 'suite', result: unknown): void {
    this.executions.unique++;
    this.options.cache.set(key, repository_id, kind, result);
  }

  private key(repository_id: string, kind: string, identity: unknown): string {
    const { language, test } = this.snapshot(repository_id);
    const { identities } = this.options;
    const runner = identities[`${language}/${test.runner}`] ?? identities[language];
    if (runner === undefined) throw new Error(`no identity for language ${language}`);
    return sha256(canonicalJson([harnessVersion, runner, repository_id, kind, identity])).slice(0, 32);
  }

  private snapshot(repository_id: string): RepositorySnapshot {
    const snapshot = this.options.library.seeds.find((seed) => seed.repository_id === repository_id)?.snapshot;
    if (!snapshot) throw new Error(`repository ${repository_id} is not unpacked`);
    return snapshot;
  }
}

/** What ran in a process that was lost runs again in another, a few times. */
const tryAgain = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WorkerLost) || attempt === retries) throw error;
    }
  }
};

/** A cached probe keeps only what the Solver's rules look at: statuses, and the message of the last test. */
const compact = (probe: Probe): Probe => ({
  outcome: probe.outcome,
  ...(probe.cold_because ? { cold_because: probe.cold_because } : {}),
  tests: probe.tests.map((test) => ({
    ...test,
    frames: test.frames.slice(-4),
    duration_ms: 0,
    message: test.message?.slice(0, 240) ?? null,
  })),
});
