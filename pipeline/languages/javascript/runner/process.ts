import type { Sandbox, SandboxCommand, SandboxOutcome, SandboxProcess } from '../../../ports.ts';
import { type Message, parseMessage } from '../../messages.ts';

/** Next message, or why there is none: `silent` when nothing came in time, `ended` when the process is gone. */
export type Heard = Message | { kind: 'silent' } | { kind: 'ended' };

/** The process that stays, with a clock on its silence. */
export class WarmProcess {
  readonly #process: SandboxProcess;
  readonly #lines: AsyncIterator<string>;
  #pending: Promise<IteratorResult<string>> | null = null;

  constructor(sandbox: Sandbox, command: SandboxCommand) {
    this.#process = sandbox.start(command);
    this.#lines = this.#process.lines[Symbol.asyncIterator]();
  }

  send(request: unknown): void {
    this.#process.send(JSON.stringify(request));
  }

  /** Waits at most `silence_ms` for the next message. */
  async hear(silence_ms: number): Promise<Heard> {
    this.#pending ??= this.#lines.next();
    const { promise, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(resolve, silence_ms, null);
    const next = await Promise.race([this.#pending, promise]);
    clearTimeout(timer);
    if (next === null) return { kind: 'silent' };
    this.#pending = null;
    if (next.done) return { kind: 'ended' };
    return parseMessage(next.value) ?? this.hear(silence_ms);
  }

  /** Every request is answered: it only waits for the next one. */
  rest(): void {
    this.#process.rest();
  }

  /** Ends it and waits until everything it started is gone. */
  async close(): Promise<SandboxOutcome> {
    this.#process.kill();
    return this.#process.ended;
  }

  /** After `ended` was heard: how. */
  get ended(): Promise<SandboxOutcome> {
    return this.#process.ended;
  }
}
