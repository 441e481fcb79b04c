import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Limits, SandboxOutcome, SandboxProcess } from '../ports.ts';
import { Capture } from './capture.ts';
import { groupGone, killGroup, namespaceGone } from './gone.ts';
import { FIRST_INPUT_FD, type Launch, REPORT_FD, STATUS_FD } from './launch.ts';
import { readLines } from './lines.ts';
import { memoryKills } from './machine-memory.ts';
import { type MemoryWatch, watchMemory } from './memory-watch.ts';
import { type Ending, type Exit, failedOutcome, outcomeOf } from './outcome.ts';
import { type Style, spawnLaunch } from './spawn-launch.ts';
import { parseStatus, type Status } from './status.ts';
import { watchClock, watchTime } from './time-watch.ts';

/** Longest line a started command may report. */
const LINE_BYTES = 64 * 1024 * 1024;
/** Most that may wait for a started command that does not read its lines. */
const BACKLOG_BYTES = 256 * 1024 * 1024;
const STATUS_BYTES = 4096;

/** A process group on the host with all its pipes, and the reason we ended it, if we did. */
class Supervised {
  readonly child: ChildProcess;
  readonly #launch: Launch;
  readonly #limits: Limits;
  readonly #style: Style;
  readonly #started_ms = performance.now();
  readonly #memory_kills = memoryKills();
  #ending: Ending | null = null;
  #memory: MemoryWatch | null = null;
  #has_exited = false;

  constructor(launch: Launch, limits: Limits, style: Style) {
    this.#launch = launch;
    this.#limits = limits;
    this.#style = style;
    this.child = spawnLaunch(launch, style);
    // Node drains what nobody listens to when the child exits: lines that are not taken yet must stay.
    if (style === 'start') this.stream(REPORT_FD).on('readable', () => undefined);
    launch.inputs.forEach((content, index) => {
      this.#sink(FIRST_INPUT_FD + index).end(content);
    });
  }

  stream(descriptor: number): Readable {
    return this.child.stdio[descriptor] as Readable;
  }

  /** A pipe whose reader may die at any time: that shows in the outcome, not here. */
  #sink(descriptor: number): Writable {
    const pipe = this.child.stdio[descriptor] as Writable;
    if (pipe.listenerCount('error') === 0) pipe.on('error', () => undefined);
    return pipe;
  }

  send(line: string): void {
    this.#memory?.wake();
    const stdin = this.#sink(0);
    if (!stdin.writable) return;
    stdin.write(`${line}\n`);
    if (stdin.writableLength > BACKLOG_BYTES) this.end({ end: 'infrastructure_error', detail: 'reads no lines' });
  }

  /** Kills everything. The first reason given is the one that counts. */
  end(ending: Ending): void {
    this.#ending ??= ending;
    // Once collected, the number of the group may belong to someone else.
    if (!this.#has_exited && this.child.pid !== undefined) killGroup(this.child.pid);
  }

  kill(): void {
    if (!this.#has_exited) this.end({ end: 'killed', detail: 'killed by its caller' });
  }

  rest(): void {
    this.#memory?.rest();
  }

  async outcome(): Promise<SandboxOutcome> {
    const { output_bytes } = this.#limits;
    const untime = this.#limitTime();
    const capture = new Capture(output_bytes, () =>
      this.end({ end: 'output', detail: `wrote more than ${output_bytes} bytes` }),
    );
    const texts = [this.stream(1), this.stream(2)].map((stream) => capture.text(stream));
    const report = this.#style === 'run' ? capture.text(this.stream(REPORT_FD)) : Promise.resolve('');
    const status_text = this.#launch.has_status
      ? new Capture(STATUS_BYTES, () => undefined).text(this.stream(STATUS_FD))
      : null;
    this.#memory = this.#watch();
    const exit = await this.#exit();
    untime();
    this.#memory?.stop();
    const status = status_text === null ? null : parseStatus(await status_text);
    await this.#gone(status);
    const use = (await this.#launch.group?.close()) ?? null;
    const [stdout, stderr] = await Promise.all(texts);
    return outcomeOf({
      exit,
      status,
      ending: this.#ending,
      use,
      is_machine_short: memoryKills() > this.#memory_kills,
      stdout: stdout!,
      stderr: stderr!,
      report: await report,
      wall_ms: performance.now() - this.#started_ms,
    });
  }

  /** Ends what has had its time; a command that serves lives by the clock. */
  #limitTime(): () => void {
    const { wall_ms } = this.#limits;
    const { pid } = this.child;
    const expire = (): void => this.end({ end: 'timeout', detail: `ran longer than ${wall_ms} ms` });
    if (pid === undefined || this.#style === 'start') return watchClock(wall_ms, expire);
    return watchTime(() => [pid, ...(this.#launch.others?.() ?? [])], wall_ms, expire);
  }

  /** Resource limits bound each process; where no group bounds their sum, we do. */
  #watch(): MemoryWatch | null {
    const { pid } = this.child;
    const limit = this.#limits.memory_bytes;
    if (pid === undefined || this.#launch.group?.limits_memory) return null;
    return watchMemory(pid, limit, (bytes) => this.end({ end: 'memory', detail: `held ${bytes} bytes of ${limit}` }));
  }

  #exit(): Promise<Exit> {
    return new Promise((resolve) => {
      const settle = (exit: Exit): void => {
        this.#has_exited = true;
        resolve(exit);
      };
      this.child.once('error', (error) => settle({ code: null, signal: null, error: error.message }));
      this.child.once('exit', (code, signal) => settle({ code, signal, error: null }));
    });
  }

  async #gone(status: Status | null): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined) return;
    // A launch without namespaces: what it left in its group ends with it.
    if (status === null) killGroup(pid);
    const is_gone = await (status?.first_pid ? namespaceGone(status.first_pid) : groupGone(pid));
    if (!is_gone) this.#ending = { end: 'infrastructure_error', detail: 'processes outlived their kill' };
  }
}

async function* noLines(): AsyncGenerator<string> {}

const failure = (error: unknown): SandboxOutcome =>
  failedOutcome(error instanceof Error ? error.message : String(error));

const failedProcess = (error: unknown, launch: Launch | null): SandboxProcess => ({
  send: () => undefined,
  lines: noLines(),
  ended: Promise.resolve(launch?.group?.close()).then(() => failure(error), failure),
  kill: () => undefined,
  rest: () => undefined,
});

/** Starts what `plan` says and guards it. Whatever goes wrong is an outcome, never an exception. */
export const supervise = (plan: () => Launch, limits: Limits, style: Style): SandboxProcess => {
  let supervised: Supervised;
  let launch: Launch | null = null;
  try {
    launch = plan();
    supervised = new Supervised(launch, limits, style);
  } catch (error) {
    return failedProcess(error, launch);
  }
  const ended = supervised.outcome().catch(failure);
  const too_long = (): void => supervised.end({ end: 'output', detail: `reported a line over ${LINE_BYTES} bytes` });
  return {
    send: (line) => supervised.send(line),
    lines: style === 'start' ? readLines(supervised.stream(REPORT_FD), LINE_BYTES, too_long) : noLines(),
    ended,
    kill: () => supervised.kill(),
    rest: () => supervised.rest(),
  };
};
