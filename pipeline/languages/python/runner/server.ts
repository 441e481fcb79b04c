import * as z from 'zod';
import { DataError, WorkerLost } from '../../../errors.ts';
import type { Limits, RepositorySnapshot, SandboxOutcome, SandboxProcess } from '../../../ports.ts';
import { pytestCommand, type RunnerOptions } from './command.ts';
import type { CodePointEdit } from './edits.ts';
import { parseJson } from './records.ts';

const megabyte = 1024 * 1024;
const hour_ms = 3_600_000;
/** Importing and collecting a suite takes seconds at most. */
const start_ms = 120_000;

/** Of the whole process, forks included where the sandbox can count them. */
const serverLimits: Limits = {
  wall_ms: hour_ms,
  cpu_s: hour_ms / 1000,
  memory_bytes: 1024 * megabyte,
  process_count: 128,
  output_bytes: 32 * megabyte,
  file_bytes: 64 * megabyte,
};

/** What `warm.py` serves. */
export type Job =
  | {
      kind: 'suite';
      edits: readonly CodePointEdit[];
      test_ids: readonly string[] | null;
      coverage: boolean;
      stop_at_first_failure: boolean;
      wall_ms: number;
      /** The same on a busy machine. */
      longest_ms: number;
      canary: string;
    }
  | {
      kind: 'probe';
      base: readonly CodePointEdit[];
      candidates: readonly CodePointEdit[];
      test_ids: readonly string[];
      budget_ms: number;
    };

/** How a job ended: the server said so, it went away, or it was silent for too long and was killed. */
export type JobEnd = { how: 'done' } | { how: 'ended'; outcome: SandboxOutcome } | { how: 'hung' };

const message = z.object({ job: z.int(), record: z.object({ t: z.string().optional() }).loose() });

interface Listener {
  job: number;
  heard(record: Record<string, unknown>): void;
  resolve(end: JobEnd): void;
}

/** One fork server process. Serves a job at a time. */
export class Server {
  private readonly process: SandboxProcess;
  private listener: Listener | null = null;
  private jobs = 0;
  private gone: JobEnd | null = null;

  private constructor(process: SandboxProcess) {
    this.process = process;
    void this.listen();
  }

  /** Starts a server over the pristine tree. Also returns the ids of its tests. */
  static async start(
    options: RunnerOptions,
    repository: RepositorySnapshot,
  ): Promise<{ server: Server; test_ids: string[] }> {
    const request = { test_ids: null, coverage: false, stop_at_first_failure: false, budget_ms: null, canary: null };
    const command = pytestCommand(options, repository, { plugin: 'warm', request, limits: serverLimits });
    const server = new Server(options.sandbox.start(command));
    const heard: Record<string, unknown>[] = [];
    const end = await server.hear(0, start_ms, (record) => heard.push(record));
    const ready = heard.find((record) => record.t === 'ready');
    if (ready && end.how === 'done') return { server, test_ids: z.array(z.string()).parse(ready.ids) };
    await server.close();
    if (end.how === 'ended' && end.outcome.end === 'infrastructure_error') throw lost(repository, end.outcome.detail);
    throw cannotStart(repository, heard, end);
  }

  get isRunning(): boolean {
    return this.gone === null;
  }

  /** `silence_ms`: longest time between two records before the server counts as hung. */
  async ask(job: Job, silence_ms: number, heard: Listener['heard']): Promise<JobEnd> {
    if (this.gone) return this.gone;
    this.jobs++;
    const end = this.hear(this.jobs, silence_ms, heard);
    this.process.send(JSON.stringify({ ...job, job: this.jobs }));
    return end;
  }

  async close(): Promise<void> {
    this.process.kill();
    await this.process.ended;
  }

  private hear(job: number, silence_ms: number, heard: Listener['heard']): Promise<JobEnd> {
    return new Promise((resolve) => {
      const hang = (): void => {
        this.process.kill();
        finish({ how: 'hung' });
      };
      let timer = setTimeout(hang, silence_ms);
      const finish = (end: JobEnd): void => {
        clearTimeout(timer);
        this.listener = null;
        if (end.how === 'hung') this.gone ??= end;
        else if (end.how === 'done') this.process.rest();
        resolve(end);
      };
      const noted: Listener['heard'] = (record) => {
        clearTimeout(timer);
        timer = setTimeout(hang, silence_ms);
        heard(record);
      };
      this.listener = { job, heard: noted, resolve: finish };
    });
  }

  private async listen(): Promise<void> {
    for await (const line of this.process.lines) this.dispatch(line);
    const outcome = await this.process.ended;
    this.gone ??= { how: 'ended', outcome };
    this.listener?.resolve(this.gone);
  }

  private dispatch(line: string): void {
    const parsed = message.safeParse(parseJson(line)).data;
    // a job that was given up may still have words on the way
    if (!parsed || parsed.job !== this.listener?.job) return;
    const isLast = parsed.record.t === 'done' || parsed.record.t === 'ready';
    if (parsed.record.t !== 'done') this.listener.heard(parsed.record);
    if (isLast) this.listener?.resolve({ how: 'done' });
  }
}

const lost = (repository: RepositorySnapshot, detail: string | null): WorkerLost =>
  new WorkerLost(`the test server of ${repository.name} was lost while it started: ${detail}`);

function cannotStart(
  repository: RepositorySnapshot,
  heard: readonly Record<string, unknown>[],
  end: JobEnd,
): DataError {
  const refused = heard.find((record) => record.t === 'collect_error' || record.t === 'internal_error');
  const last = end.how === 'ended' ? `${end.outcome.detail ?? ''} ${end.outcome.stderr.slice(-300)}`.trim() : end.how;
  return DataError.of({
    where: `tests of ${repository.name} ${repository.version}`,
    expected: 'a pristine tree whose tests can be collected',
    found: refused ? `${refused.id ?? ''} ${refused.message ?? ''}`.trim() : last,
    fix: 'see the requirements, import roots and test files of its seed manifest entry',
  });
}
