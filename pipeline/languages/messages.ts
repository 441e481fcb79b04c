import * as z from 'zod';
import type { RunOutcome, TestResult } from '../ports.ts';
import { forgeryIn, withoutCanaries } from './canary.ts';

/** What the processes inside the sandbox report, one JSON object a line. */
const result = z.object({
  test_id: z.string(),
  status: z.enum(['passed', 'failed', 'error', 'skipped', 'timeout']),
  message: z.string().nullable(),
  exception: z.string().nullable(),
  frames: z.array(z.object({ path: z.string(), line: z.int() })),
  duration_ms: z.number(),
  coverage: z.record(z.string(), z.array(z.int())).optional(),
}) as z.ZodType<TestResult>;
const probe = z.object({ outcome: z.enum(['ran', 'broken', 'timeout', 'crashed']), tests: z.array(result) });
const ends = ['complete', 'incomplete', 'broken', 'timeout'] as const;

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('start'), id: z.string() }),
  z.object({ kind: z.literal('result'), result }),
  z.object({ kind: z.literal('probe'), index: z.int(), probe }),
  z.object({
    kind: z.literal('end'),
    outcome: z.enum(ends).optional(),
    detail: z.string().nullish(),
    is_spent: z.boolean().optional(),
  }),
  /** The run used up its processor time; the process ends itself. */
  z.object({ kind: z.literal('hung') }),
  z.object({ kind: z.literal('fault'), detail: z.string() }),
]);
export type Message = z.infer<typeof message>;

/** Null for a line that is cut off or was written by the code under test. */
export function parseMessage(line: string): Message | null {
  try {
    return message.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** Later reports about a test replace earlier ones, but a failure is never taken back. */
export class Results {
  readonly canaries: readonly string[];
  readonly #results = new Map<string, TestResult>();
  readonly #open = new Set<string>();
  #end: { outcome: RunOutcome; detail: string | null } | null = null;

  /** `canaries`: ids of tests that must fail. They are no results. */
  constructor(canaries: readonly string[] = []) {
    this.canaries = canaries;
  }

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
    return withoutCanaries(this.canaries, [...this.#results.values()]);
  }

  /** Why the results cannot be believed, or null. */
  get forgery(): string | null {
    return forgeryIn(this.canaries, [...this.#results.values()]);
  }

  has(id: string): boolean {
    return this.#results.has(id);
  }
}
