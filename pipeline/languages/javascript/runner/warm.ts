import { WorkerLost } from '../../../errors.ts';
import { longestWall } from '../../../patience.ts';
import type {
  Edit,
  Probe,
  ProbeRequest,
  RepositorySnapshot,
  Sandbox,
  SuiteRequest,
  SuiteRun,
  WarmSession,
} from '../../../ports.ts';
import { checkPath, editedTexts } from '../../edited.ts';
import { Results } from '../../messages.ts';
import { checkedEnd } from '../../suite-run.ts';
import { canariesFor, type NodeInstallation, warmCommand } from './command.ts';
import { WarmProcess } from './process.ts';

/** Life of one process; it is replaced then, and after a candidate that hangs or leaves traces. */
const life_ms = 6 * 60 * 60 * 1000;
const start_ms = 60_000;
const collect_ms = 120_000;
/** Added to the time a process allows itself before its silence counts as a hang. */
const grace_ms = 1500;
/** Processes that die before they are ready: then something is wrong with the machine, not with the code. */
const start_attempts = 3;

/** A session over one repository. Opens the first process and lets it collect the tests. */
export async function openWarm(
  sandbox: Sandbox,
  installation: NodeInstallation,
  repository: RepositorySnapshot,
): Promise<WarmSession> {
  const session = new Session(sandbox, installation, repository);
  try {
    await session.collect();
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

class Session implements WarmSession {
  test_ids: readonly string[] = [];
  readonly #sandbox: Sandbox;
  readonly #installation: NodeInstallation;
  readonly #repository: RepositorySnapshot;
  #process: WarmProcess | null = null;

  constructor(sandbox: Sandbox, installation: NodeInstallation, repository: RepositorySnapshot) {
    this.#sandbox = sandbox;
    this.#installation = installation;
    this.#repository = repository;
  }

  async collect(): Promise<void> {
    const run = await this.suite({ edits: [], wall_ms: collect_ms });
    if (run.outcome !== 'complete') {
      const Complaint = run.outcome === 'infrastructure_error' ? WorkerLost : Error;
      throw new Complaint(
        `tests of ${this.#repository.name} could not be collected: ${run.outcome} ${run.detail ?? ''}`,
      );
    }
    this.test_ids = run.tests.map(({ test_id }) => test_id);
  }

  /** What looks forged may be the work of an edit before it that left its mark: a fresh process decides. */
  async suite(request: SuiteRequest): Promise<SuiteRun> {
    const run = await this.#suiteOnce(request);
    if (run.outcome !== 'forged') return run;
    await this.#discard();
    const again = await this.#suiteOnce(request);
    if (again.outcome === 'forged') await this.#discard();
    return again;
  }

  async #suiteOnce(request: SuiteRequest): Promise<SuiteRun> {
    const started_ms = performance.now();
    const texts = await editedTexts(this.#repository, request.edits);
    const process = await this.#ready();
    const { tests = null, coverage = false, stop_at_first_failure = false, wall_ms } = request;
    const canaries = canariesFor(this.#repository);
    const asked = tests && [...tests, ...canaries];
    process.send({ kind: 'suite', texts, tests: asked, coverage, stop_at_first_failure, wall_ms, canaries });
    const results = new Results(canaries);
    const run = await this.#followSuite(process, results, request);
    const has_none = run.outcome === 'broken' || run.outcome === 'forged';
    return { ...run, tests: has_none ? [] : results.tests, wall_ms: performance.now() - started_ms };
  }

  async #followSuite(
    process: WarmProcess,
    results: Results,
    request: SuiteRequest,
  ): Promise<Pick<SuiteRun, 'outcome' | 'detail'>> {
    // the process has a watchdog of its own, which counts processor time
    const deadline = performance.now() + longestWall(request.wall_ms) + grace_ms;
    for (;;) {
      const heard = await process.hear(Math.max(1, deadline - performance.now()));
      if (heard.kind === 'silent' || heard.kind === 'hung') return this.#suiteTimedOut(results, request.wall_ms);
      if (heard.kind === 'ended') return this.#suiteDied(process);
      if (heard.kind === 'fault') return this.#suiteFaulted(heard.detail);
      results.add(heard);
      if (heard.kind !== 'end') continue;
      await this.#settle(process, heard);
      if (heard.outcome === 'timeout') results.timeOut();
      return checkedEnd(results.end!, results, request);
    }
  }

  async #suiteTimedOut(results: Results, wall_ms: number): Promise<Pick<SuiteRun, 'outcome' | 'detail'>> {
    await this.#discard();
    results.timeOut();
    return { outcome: 'timeout', detail: `ran longer than ${wall_ms} ms` };
  }

  /** The code under test ended the process, or the memory or output limit did. */
  async #suiteDied(process: WarmProcess): Promise<Pick<SuiteRun, 'outcome' | 'detail'>> {
    this.#process = null;
    const ended = await process.ended;
    if (ended.end === 'memory' || ended.end === 'output') return { outcome: ended.end, detail: ended.detail };
    if (ended.end === 'infrastructure_error') return { outcome: ended.end, detail: ended.detail };
    if (/heap out of memory|Allocation failed/.test(ended.stderr))
      return { outcome: 'memory', detail: 'heap out of memory' };
    return { outcome: 'incomplete', detail: `the process ended by itself (exit code ${ended.exit_code})` };
  }

  async #suiteFaulted(detail: string): Promise<Pick<SuiteRun, 'outcome' | 'detail'>> {
    await this.#discard();
    return { outcome: 'infrastructure_error', detail };
  }

  async probe({ base, candidates, tests, budget_ms }: ProbeRequest): Promise<Probe[]> {
    for (const edit of candidates) checkPath(this.#repository, edit);
    const texts = await editedTexts(this.#repository, base);
    const probes: Probe[] = [];
    while (probes.length < candidates.length) {
      const rest = candidates.slice(probes.length);
      await this.#probeSome({ kind: 'probe', texts, candidates: rest, tests, budget_ms }, probes);
    }
    return probes;
  }

  /** As many candidates as one process manages; at least one. */
  async #probeSome(request: ProbeCall, probes: Probe[]): Promise<void> {
    const process = await this.#ready();
    process.send(request);
    // the process has a watchdog of its own, which counts processor time
    const patience_ms = request.budget_ms * 40 + grace_ms;
    for (;;) {
      const heard = await process.hear(patience_ms);
      if (heard.kind === 'probe') probes.push(heard.probe);
      else if (heard.kind === 'end') return this.#settle(process, heard);
      else return this.#lose(process, heard.kind, probes);
    }
  }

  /** The process hangs or is gone: that is the verdict on the candidate it was at. */
  async #lose(process: WarmProcess, how: string, probes: Probe[]): Promise<void> {
    this.#process = null;
    const ended = await (how === 'ended' ? process.ended : process.close());
    if (ended.end === 'infrastructure_error' || how === 'fault')
      throw new WorkerLost(`warm process of ${this.#repository.name}: ${how} ${ended.detail ?? ''}`);
    probes.push({ outcome: how === 'silent' || how === 'hung' ? 'timeout' : 'crashed', tests: [] });
  }

  async #ready(): Promise<WarmProcess> {
    if (this.#process) return this.#process;
    let why = '';
    for (let attempt = 0; attempt < start_attempts; attempt++) {
      const process = new WarmProcess(this.#sandbox, warmCommand(this.#installation, this.#repository, life_ms));
      const heard = await process.hear(start_ms);
      if (heard.kind === 'ready') {
        this.#process = process;
        return process;
      }
      const ended = await process.close();
      why = `${heard.kind} ${ended.detail ?? ''} ${ended.stderr.trim().slice(-1000)}`;
    }
    throw new Error(`no warm process for ${this.#repository.name}: ${why}`);
  }

  /** A process that cannot undo what was left in it is replaced; another one waits for the next request. */
  async #settle(process: WarmProcess, { is_spent }: { is_spent?: boolean | undefined }): Promise<void> {
    if (is_spent) await this.#discard();
    else process.rest();
  }

  async #discard(): Promise<void> {
    await this.#process?.close();
    this.#process = null;
  }

  close(): Promise<void> {
    return this.#discard();
  }
}

interface ProbeCall {
  kind: 'probe';
  texts: Record<string, string>;
  candidates: readonly Edit[];
  tests: readonly string[];
  budget_ms: number;
}
