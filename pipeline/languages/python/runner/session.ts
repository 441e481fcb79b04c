import { longestWall } from '../../../patience.ts';
import type { Probe, ProbeRequest, RepositorySnapshot, SuiteRequest, SuiteRun, WarmSession } from '../../../ports.ts';
import { newCanaries } from '../../canary.ts';
import { coldRun } from './cold.ts';
import type { RunnerOptions } from './command.ts';
import { applyEdits, inCodePoints, Sources } from './edits.ts';
import { probeOf, tryWarm } from './probe.ts';
import { parseRecord, type RunRecord, suiteRun } from './records.ts';
import { type JobEnd, Server } from './server.ts';

/** What the server may add to the wall time of a run: a fork, and the clean-up after it. */
const grace_ms = 15_000;
/** Start-up of a cold Python, on a busy machine. */
const coldStart_ms = 60_000;

/** Starts a fork server for one repository. DataError when the pristine tests cannot be collected. */
export async function openSession(options: RunnerOptions, repository: RepositorySnapshot): Promise<WarmSession> {
  const { server, test_ids } = await Server.start(options, repository);
  return new PythonSession(options, repository, server, test_ids);
}

class PythonSession implements WarmSession {
  readonly test_ids: readonly string[];
  private readonly options: RunnerOptions;
  private readonly repository: RepositorySnapshot;
  private readonly sources: Sources;
  private server: Server;
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: RunnerOptions, repository: RepositorySnapshot, server: Server, test_ids: readonly string[]) {
    this.options = options;
    this.repository = repository;
    this.sources = new Sources(repository);
    this.server = server;
    this.test_ids = test_ids;
  }

  suite(request: SuiteRequest): Promise<SuiteRun> {
    return this.inTurn(() => this.runSuite(request));
  }

  probe(request: ProbeRequest): Promise<Probe[]> {
    return this.inTurn(() => this.runProbe(request));
  }

  close(): Promise<void> {
    return this.inTurn(() => this.server.close());
  }

  /** The server serves one job at a time. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => {});
    return turn;
  }

  private async running(): Promise<Server> {
    if (!this.server.isRunning) this.server = (await Server.start(this.options, this.repository)).server;
    return this.server;
  }

  private async runSuite(request: SuiteRequest): Promise<SuiteRun> {
    const started = performance.now();
    const records: RunRecord[] = [{ t: 'collected', ids: [...this.test_ids] }];
    const stops_early = request.stop_at_first_failure ?? false;
    const [canary] = newCanaries(1, 'py');
    const texts = await this.sources.of(request.edits);
    const job = {
      kind: 'suite',
      edits: inCodePoints(texts, request.edits),
      test_ids: request.tests ?? null,
      coverage: request.coverage ?? false,
      stop_at_first_failure: stops_early,
      wall_ms: request.wall_ms,
      longest_ms: longestWall(request.wall_ms),
      canary: canary!,
    } as const;
    const server = await this.running();
    const end = await server.ask(job, job.longest_ms + grace_ms, (found) => {
      const parsed = parseRecord(found);
      if (parsed) records.push(parsed);
    });
    // loading everything anew is no fault of the tests
    if (records.some((found) => found.t === 'cannot_swap'))
      return this.cold({ ...request, wall_ms: request.wall_ms + grace_ms });
    // the server's own hour was over: that says nothing about this run
    if (end.how === 'ended' && end.outcome.end === 'timeout') return this.runSuite(request);
    const wall_ms = performance.now() - started;
    return suiteRun(records, { ...forcedBy(end), asked: request.tests, stops_early, wall_ms, canary });
  }

  private async runProbe(request: ProbeRequest): Promise<Probe[]> {
    const texts = await this.sources.of([...request.base, ...request.candidates]);
    const broken = applyEdits(texts, request.base);
    const job = {
      kind: 'probe',
      base: inCodePoints(texts, request.base),
      candidates: request.candidates.map((edit) => inCodePoints(broken, [edit])[0]!),
      test_ids: request.tests,
      budget_ms: request.budget_ms,
    } as const;
    const found = await tryWarm(job, () => this.running());
    const probes: Probe[] = [];
    for (const [index, candidate] of request.candidates.entries()) {
      const warm = found[index]!;
      if (typeof warm !== 'string') probes.push(warm);
      else probes.push({ ...probeOf(await this.coldProbe(request, candidate)), cold_because: warm });
    }
    return probes;
  }

  private coldProbe(
    { base, tests, budget_ms }: ProbeRequest,
    candidate: ProbeRequest['candidates'][number],
  ): Promise<SuiteRun> {
    const wall_ms = coldStart_ms + 10 * budget_ms;
    return this.cold({ edits: [...base, candidate], tests, stop_at_first_failure: true, wall_ms, budget_ms });
  }

  private cold(request: SuiteRequest & { budget_ms?: number }): Promise<SuiteRun> {
    return coldRun(this.options, this.repository, this.sources, request);
  }
}

/** What the end of the server says about the run it was serving. */
function forcedBy(end: JobEnd): Pick<Parameters<typeof suiteRun>[1], 'forced' | 'detail'> {
  if (end.how === 'done') return { detail: 'the process ended by itself' };
  if (end.how === 'hung') return { forced: 'timeout', detail: 'the test server hung and was ended' };
  const { end: how, detail } = end.outcome;
  const forced = how === 'memory' || how === 'output' || how === 'infrastructure_error' ? how : undefined;
  return { forced, detail: `the test server ended: ${detail ?? how}` };
}
