import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Row, Table } from '../../schemas/table.ts';
import {
  ImportedAnswerKeys,
  ImportSources,
  IngestRejects,
  Outcomes,
  Steps,
  TestOutcomes,
  ToolCalls,
  Traces,
} from '../../schemas/traces.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { BulkWriter, type Part } from '../warehouse/bulk.ts';
import type { Database } from '../warehouse/database.ts';
import { type Batch, type BatchResult, type Spooled, spoolFile } from './batch.ts';
import { familyGroups } from './groups.ts';
import { type IndexedOutcome, judge, OutcomeIndex } from './join.ts';
import { type LinkEnd, linkEnd, parentsOf } from './links.ts';
import type { Blob } from './reading/blob.ts';
import { listEntries } from './reading/entries.ts';
import { withTails } from './tails.ts';

/** Raise it when the same files should now give other rows. */
export const importVersion = 1;

export interface ImportOptions {
  inputs: readonly string[];
  /** Empty folder for parts and spools. */
  scratch: string;
  format: string | null;
  anonymise: boolean;
  /** Runs a batch, here or in a worker. */
  run: (batch: Batch) => Promise<BatchResult>;
  /** Batches at a time. */
  workers: number;
  progress?: (done: number, total: number, label: string) => void;
}

export interface ImportResult {
  parts: Part[];
  /** Digest of everything that was read: equal files give an equal digest. */
  digest: string;
  summary: ImportSummary;
}

export interface ImportSummary {
  files: number;
  bytes: number;
  /** Trace records in the files: what was read as a trajectory, or folded into one. */
  records: number;
  traces: number;
  /** Traces that an earlier import brought already. */
  known: number;
  steps: number;
  tool_calls: number;
  rejects: number;
  redactions: number;
  outcomes: Record<string, number>;
  unmatched_outcomes: number;
  answer_keys: number;
  formats: Record<string, number>;
}

const batchBytes = 6 << 20;

/**
 * Reads every file once: batches run at the same time and leave parts and spools; files that only make sense together
 * follow in batches of their own; then verdicts are joined to traces. Memory holds a batch's open part and the index
 * of verdicts, never the traces.
 */
export async function importTraces(
  options: ImportOptions,
  database: Database,
  known: ReadonlySet<string>,
): Promise<ImportResult> {
  const { scratch } = options;
  const out = join(scratch, 'parts');
  await mkdir(out, { recursive: true });
  const listing = await listEntries(options.inputs, scratch);
  const singles = batchesOf(withTails(distinct(listing.blobs)), 0, options, out);
  const first = await runAll(singles, options);
  const groups = familyGroups(first.flatMap((result) => result.deferred));
  const grouped = groupBatches(groups, singles.length, options, out);
  const second = await runAll(grouped, options);
  const results = [...first, ...second].sort((a, b) => a.index - b.index);
  const joined = await joinSpools(
    results.map((result) => spoolFile(out, result.index)),
    listing.faults,
    out,
    database,
    known,
  );
  const parts = [...results.flatMap((result) => result.parts), ...joined.parts];
  const rowsOfTable = (table: Table) =>
    parts.filter((part) => part.table === table.name).reduce((sum, part) => sum + part.rows, 0);
  return {
    parts,
    digest: sha256(canonicalJson([importVersion, options.format, options.anonymise, joined.sources])),
    summary: {
      ...joined.summary,
      bytes: results.reduce((sum, result) => sum + result.bytes, 0),
      steps: rowsOfTable(Steps),
      tool_calls: rowsOfTable(ToolCalls),
    },
  };
}

const distinct = (blobs: readonly Blob[]): Blob[] => [
  ...new Map(blobs.map((blob) => [`${blob.path}\n${blob.offset}`, blob])).values(),
];

/** Neighbouring files up to a size, so that parts come out alike whatever the number of workers. */
function batchesOf(blobs: readonly Blob[], from: number, { format, anonymise }: ImportOptions, out: string): Batch[] {
  const batches: Batch[] = [];
  let size = 0;
  for (const blob of blobs) {
    if (batches.length === 0 || size + blob.length > batchBytes) {
      batches.push({ index: from + batches.length, blobs: [], groups: [], out, format, anonymise });
      size = 0;
    }
    batches.at(-1)!.blobs.push(blob);
    size += blob.length;
  }
  return batches;
}

function groupBatches(
  groups: Batch['groups'],
  from: number,
  { format, anonymise }: ImportOptions,
  out: string,
): Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at < groups.length; at += 64)
    batches.push({
      index: from + batches.length,
      blobs: [],
      groups: groups.slice(at, at + 64),
      out,
      format,
      anonymise,
    });
  return batches;
}

async function runAll(batches: readonly Batch[], { run, workers, progress }: ImportOptions): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  let next = 0;
  const work = async () => {
    for (let batch = batches[next++]; batch; batch = batches[next++]) {
      results.push(await run(batch));
      progress?.(results.length, batches.length, 'batches');
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, batches.length) }, work));
  return results;
}

async function* spooled(files: readonly string[]): AsyncGenerator<Spooled & { line: number; file: string }> {
  for (const file of files) {
    let line = 0;
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
      yield { ...(JSON.parse(text) as Spooled), line: line++, file };
  }
}

interface Joined {
  parts: Part[];
  sources: [string, string | null][];
  summary: Omit<ImportSummary, 'bytes' | 'steps' | 'tool_calls'>;
}

async function joinSpools(
  files: readonly string[],
  faults: Awaited<ReturnType<typeof listEntries>>['faults'],
  out: string,
  database: Database,
  known: ReadonlySet<string>,
): Promise<Joined> {
  const writer = <T extends Table>(table: T) => new BulkWriter(database, table, join(out, table.name));
  const writers = {
    traces: writer(Traces),
    tests: writer(TestOutcomes),
    rejects: writer(IngestRejects),
    sources: writer(ImportSources),
    outcomes: writer(Outcomes),
    keys: writer(ImportedAnswerKeys),
  };
  const { index, ends, perFile } = await collect(files);
  const parents = parentsOf(ends);
  const summary: Joined['summary'] = {
    files: faults.length,
    records: 0,
    traces: 0,
    known: 0,
    rejects: faults.length,
    redactions: 0,
    outcomes: {},
    unmatched_outcomes: 0,
    answer_keys: 0,
    formats: {},
  };
  const sources: Joined['sources'] = [];
  const written = new Set<string>();
  for (const { uri, bytes, fault } of faults) {
    await writers.rejects.add({
      source_uri: uri,
      source_record: 0,
      byte_offset: null,
      format_guess: null,
      error_code: fault.code,
      error_message: fault.message,
      salvaged: 0,
    });
    await writers.sources.add({
      source_uri: uri,
      sha256: null,
      bytes,
      format: null,
      role: 'rejected',
      record_count: 0,
      trace_count: 0,
      reject_count: 1,
      redaction_count: 0,
    });
  }
  for await (const entry of spooled(files)) {
    if (entry.kind === 'trace') {
      const { trace: raw, verdict } = entry.rows;
      summary.records += raw.record_count;
      const candidates = index.find(raw, (perFile.get(raw.source_uri) ?? 1) === 1);
      const { trace, by } = judge(
        { ...raw, parent_trace_id: raw.parent_trace_id ?? parents.get(raw.trace_id) ?? null },
        verdict,
        candidates,
      );
      for (const outcome of candidates) outcome.trace_id ??= trace.trace_id;
      if (by) by.is_used = true;
      summary.outcomes[trace.outcome] = (summary.outcomes[trace.outcome] ?? 0) + 1;
      summary.formats[trace.source_format] = (summary.formats[trace.source_format] ?? 0) + 1;
      if (known.has(trace.trace_id) || written.has(trace.trace_id)) {
        summary.known++;
        continue;
      }
      written.add(trace.trace_id);
      summary.traces++;
      await writers.traces.add(trace);
      if (verdict && !by)
        await addTests(writers.tests, trace.trace_id, trace.task_id, verdict.tests ?? [], verdict.source);
    } else if (entry.kind === 'reject') {
      summary.rejects++;
      await writers.rejects.add(entry.row);
    } else if (entry.kind === 'key') {
      summary.answer_keys++;
      await writers.keys.add(entry.row);
    } else if (entry.kind === 'source') {
      summary.files++;
      summary.redactions += entry.row.redaction_count;
      sources.push([entry.row.source_uri, entry.row.sha256]);
      await writers.sources.add(entry.row);
    }
  }
  await writeTests(files, index, writers.tests, written);
  summary.unmatched_outcomes = index.all.filter(
    (outcome) => outcome.trace_id === null && outcome.scope !== 'rest',
  ).length;
  for (const outcome of index.all) await writers.outcomes.add(outcomeRow(outcome));
  for (const table of Object.values(writers)) await table.flush();
  return {
    parts: Object.values(writers).flatMap((table) => table.parts),
    sources: sources.sort((a, b) => (a[0] < b[0] ? -1 : 1)),
    summary,
  };
}

/** Verdicts without their tests, and what links traces: small enough to hold. */
async function collect(
  files: readonly string[],
): Promise<{ index: OutcomeIndex; ends: LinkEnd[]; perFile: Map<string, number> }> {
  const outcomes: IndexedOutcome[] = [];
  const ends: LinkEnd[] = [];
  const perFile = new Map<string, number>();
  for await (const entry of spooled(files)) {
    if (entry.kind === 'outcome') {
      const { tests, ...rest } = entry.outcome;
      outcomes.push({ ...rest, test_count: tests?.length ?? 0, line: entry.line, trace_id: null, is_used: false });
    } else if (entry.kind === 'trace') {
      const { trace, link_id } = entry.rows;
      perFile.set(trace.source_uri, (perFile.get(trace.source_uri) ?? 0) + 1);
      if (link_id !== null || trace.source_format === 'claude-code' || trace.source_format === 'atif')
        ends.push(linkEnd(trace, link_id));
    }
  }
  return { index: new OutcomeIndex(outcomes), ends, perFile };
}

/** Test results come from the outcome that gave the verdict, or from one that lists tests when that one does not. */
async function writeTests(
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

async function addTests(
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

const outcomeRow = (outcome: IndexedOutcome): Row<typeof Outcomes> => ({
  source_uri: outcome.uri,
  source_record: outcome.record,
  source: outcome.source,
  task_id: outcome.task_id,
  run_id: outcome.run_id ?? null,
  outcome: outcome.outcome ?? 'unknown',
  reward: outcome.reward ?? null,
  failure_mode: outcome.failure_mode ?? null,
  test_count: outcome.test_count,
  trace_id: outcome.trace_id,
  is_used: outcome.is_used,
});
