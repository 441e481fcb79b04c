import type { Probe, RunOutcome, TestResult } from '../../../ports.ts';

/** What the processes inside the sandbox report, one JSON object a line. */
export type Message =
  | { kind: 'ready' }
  | { kind: 'start'; id: string }
  | { kind: 'result'; result: TestResult }
  | { kind: 'probe'; index: number; probe: Probe }
  | { kind: 'end'; outcome?: RunOutcome; detail?: string | null; is_spent?: boolean }
  /** The run used up its processor time; the process ends itself. */
  | { kind: 'hung' }
  | { kind: 'fault'; detail: string };

/** Null for a line that is cut off or was written by the code under test. */
export function parseMessage(line: string): Message | null {
  try {
    const value = JSON.parse(line);
    return typeof value?.kind === 'string' ? value : null;
  } catch {
    return null;
  }
}

/** Later reports about a test replace earlier ones, but a failure is never taken back. */
export class Results {
  readonly #results = new Map<string, TestResult>();
  readonly #open = new Set<string>();
  #end: { outcome: RunOutcome; detail: string | null } | null = null;

  add(message: Message): void {
    if (message.kind === 'start') this.#open.add(message.id);
    if (message.kind === 'result') this.#put(message.result);
    if (message.kind === 'end') this.#end = { outcome: message.outcome ?? 'complete', detail: message.detail ?? null };
  }

  #put(result: TestResult): void {
    this.#open.delete(result.test_id);
    const known = this.#results.get(result.test_id);
    if (!known || known.status === 'passed' || known.status === 'skipped') this.#results.set(result.test_id, result);
  }

  /** Null when the process never said that it was done. */
  get end(): { outcome: RunOutcome; detail: string | null } | null {
    return this.#end;
  }

  /** Marks the innermost test that had begun and not ended. */
  timeOut(): void {
    const id = [...this.#open].at(-1);
    if (id === undefined) return;
    this.#put({
      test_id: id,
      status: 'timeout',
      message: 'the test does not end',
      exception: null,
      frames: [],
      duration_ms: 0,
    });
  }

  get tests(): TestResult[] {
    return [...this.#results.values()];
  }

  has(id: string): boolean {
    return this.#results.has(id);
  }
}
