import type { RepositorySnapshot, SuiteRequest, TestRunner, WarmSession } from '../../pipeline/ports.ts';

/** What went on in the sandbox so far. */
export class Spent {
  sessions = 0;
  starting_ms = 0;
  running_ms = 0;
  /** Every run that was not answered from memory, in order. */
  readonly runs: { repository: RepositorySnapshot; request: SuiteRequest }[] = [];
}

/** A runner that notes how long its sessions took to start, and the runs in them. */
export const noting = (runner: TestRunner, spent: Spent): TestRunner => ({
  id: runner.id,
  language: runner.language,
  cold: (repository, request) => runner.cold(repository, request),
  warm: async (repository) => {
    const started = performance.now();
    const session = await runner.warm(repository);
    spent.sessions++;
    spent.starting_ms += performance.now() - started;
    return notingRuns(session, repository, spent);
  },
});

const notingRuns = (session: WarmSession, repository: RepositorySnapshot, spent: Spent): WarmSession => ({
  test_ids: session.test_ids,
  suite: async (request) => {
    const started = performance.now();
    const run = await session.suite(request);
    spent.runs.push({ repository, request });
    spent.running_ms += performance.now() - started;
    return run;
  },
  probe: (request) => session.probe(request),
  close: () => session.close(),
});
