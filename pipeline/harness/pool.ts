import type { RepositorySnapshot, TestRunner, WarmSession } from '../ports.ts';

/** What an idle session holds at most: a sandboxed process with the libraries of its repository. */
const sessionBytes = 140 * 2 ** 20;

/** Idle sessions that a quarter of `memoryBytes` can hold; starting one takes up to seconds. */
export const idleSessionsIn = (memoryBytes: number): number =>
  Math.min(40, Math.max(4, Math.floor(memoryBytes / 4 / sessionBytes)));

/** Warm sessions of all repositories. At most `workers` are in use at a time. */
export class SessionPool {
  private readonly runners: ReadonlyMap<string, TestRunner>;
  private readonly workers: number;
  private readonly idleLimit: number;
  private readonly idle = new Map<string, WarmSession[]>();
  private readonly waiting: (() => void)[] = [];
  private active = 0;

  constructor(runners: readonly TestRunner[], workers: number, idleLimit = 40) {
    this.runners = new Map(runners.map((runner) => [runner.language, runner]));
    this.workers = workers;
    this.idleLimit = idleLimit;
  }

  runnerOf(repository: RepositorySnapshot): TestRunner {
    const runner = this.runners.get(repository.language);
    if (!runner) throw new Error(`no test runner for language ${repository.language}`);
    return runner;
  }

  /** Lends a session that has no edits applied. A session whose use threw is closed, not reused. */
  async use<T>(repository: RepositorySnapshot, work: (session: WarmSession) => Promise<T>): Promise<T> {
    await this.enter();
    try {
      const session =
        this.idle.get(repository.repository_id)?.pop() ?? (await this.runnerOf(repository).warm(repository));
      try {
        const result = await work(session);
        await this.giveBack(repository, session);
        return result;
      } catch (error) {
        await session.close().catch(() => {});
        throw error;
      }
    } finally {
      this.leave();
    }
  }

  /** Holds one of the `workers` places for something that is no warm session. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  async close(): Promise<void> {
    const sessions = [...this.idle.values()].flat();
    this.idle.clear();
    await Promise.all(sessions.map((session) => session.close()));
  }

  private async giveBack(repository: RepositorySnapshot, session: WarmSession): Promise<void> {
    const sessions = this.idle.get(repository.repository_id) ?? [];
    this.idle.delete(repository.repository_id);
    this.idle.set(repository.repository_id, [...sessions, session]);
    const total = [...this.idle.values()].reduce((sum, list) => sum + list.length, 0);
    if (total > this.idleLimit) await this.idle.values().next().value?.shift()?.close();
  }

  private async enter(): Promise<void> {
    if (this.active >= this.workers) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active++;
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.active--;
  }
}
