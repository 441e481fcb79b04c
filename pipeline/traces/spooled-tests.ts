import type { Row } from '../../schemas/table.ts';
import type { TestOutcomes } from '../../schemas/traces.ts';
import type { BulkWriter } from '../warehouse/bulk.ts';
import type { IndexedOutcome, OutcomeIndex } from './join.ts';
import { spooled } from './spool.ts';

/** Test results come from the outcome that gave the verdict, or from one that lists tests when that one does not. */
export async function writeTests(
  files: readonly string[],
  index: OutcomeIndex,
  writer: BulkWriter<typeof TestOutcomes>,
  written: ReadonlySet<string>,
): Promise<void> {
  const chosen = new Map<string, IndexedOutcome>();
  for (const outcome of index.all) {
    if (outcome.trace_id === null || outcome.test_count === 0 || !written.has(outcome.trace_id)) continue;
    const before = chosen.get(outcome.trace_id);
    if (!before || outcome.rank > before.rank || (outcome.rank === before.rank && outcome.uri < before.uri))
      chosen.set(outcome.trace_id, outcome);
  }
  const wanted = new Map([...chosen].map(([trace_id, outcome]) => [`${outcome.uri}\n${outcome.record}`, trace_id]));
  for await (const entry of spooled(files)) {
    if (entry.kind !== 'outcome') continue;
    const trace_id = wanted.get(`${entry.outcome.uri}\n${entry.outcome.record}`);
    if (trace_id)
      await addTests(writer, trace_id, entry.outcome.task_id, entry.outcome.tests ?? [], entry.outcome.source);
  }
}

type TestRow = Row<typeof TestOutcomes>;

export async function addTests(
  writer: BulkWriter<typeof TestOutcomes>,
  trace_id: string,
  task_id: string | null,
  tests: readonly Pick<TestRow, 'test_id' | 'expectation' | 'status'>[],
  source: string,
): Promise<void> {
  const seen = new Set<string>();
  for (const test of tests) {
    if (seen.has(test.test_id)) continue;
    seen.add(test.test_id);
    await writer.add({
      trace_id,
      test_id: test.test_id,
      task_id,
      expectation: test.expectation,
      status: test.status,
      source,
      duration_ms: (test as Partial<TestRow>).duration_ms ?? null,
    });
  }
}
