import { join } from 'node:path';
import type { Row, Table } from '../../schemas/table.ts';
import {
  ImportedAnswerKeys,
  ImportSources,
  IngestRejects,
  Outcomes,
  TestOutcomes,
  Traces,
} from '../../schemas/traces.ts';
import { BulkWriter, type Part } from '../warehouse/bulk.ts';
import type { Database } from '../warehouse/database.ts';
import type { Spooled } from './batch.ts';
import { type IndexedOutcome, judge, OutcomeIndex } from './join.ts';
import { type LinkEnd, linkEnd, parentsOf } from './links.ts';
import type { listEntries } from './reading/entries.ts';
import { spooled } from './spool.ts';
import { addTests, writeTests } from './spooled-tests.ts';

type Fault = Awaited<ReturnType<typeof listEntries>>['faults'][number];
type SpooledTrace = Extract<Spooled, { kind: 'trace' }>['rows'];

/** What joining found, in figures. */
export interface JoinSummary {
  files: number;
  /** Trace records in the files: what was read as a trajectory, or folded into one. */
  records: number;
  traces: number;
  /** Traces that an earlier import brought already. */
  known: number;
  rejects: number;
  redactions: number;
  outcomes: Record<string, number>;
  unmatched_outcomes: number;
  answer_keys: number;
  formats: Record<string, number>;
}

export interface Joined {
  parts: Part[];
  sources: [string, string | null][];
  summary: JoinSummary;
}

export interface JoinOptions {
  /** Spools of all batches, in order. */
  files: readonly string[];
  /** Files that could not be opened at all. */
  faults: readonly Fault[];
  /** Folder for parts. */
  out: string;
  database: Database;
  /** Traces of earlier imports. */
  known: ReadonlySet<string>;
}

const writersOf = ({ database, out }: JoinOptions) => {
  const writer = <T extends Table>(table: T) => new BulkWriter(database, table, join(out, table.name));
  return {
    traces: writer(Traces),
    tests: writer(TestOutcomes),
    rejects: writer(IngestRejects),
    sources: writer(ImportSources),
    outcomes: writer(Outcomes),
    keys: writer(ImportedAnswerKeys),
  };
};

/** Joins verdicts to traces over the spools of all batches, and writes what could not be written before. */
export async function joinSpools(options: JoinOptions): Promise<Joined> {
  const spools = new SpoolJoin(options, await collect(options.files));
  for (const fault of options.faults) await spools.addFault(fault);
  for await (const entry of spooled(options.files)) await spools.add(entry);
  return spools.finish();
}

class SpoolJoin {
  readonly #options: JoinOptions;
  readonly #collected: Collected;
  readonly #parents: ReturnType<typeof parentsOf>;
  readonly #writers: ReturnType<typeof writersOf>;
  readonly #written = new Set<string>();
  readonly #sources: Joined['sources'] = [];
  readonly #summary: JoinSummary = {
    files: 0,
    records: 0,
    traces: 0,
    known: 0,
    rejects: 0,
    redactions: 0,
    outcomes: {},
    unmatched_outcomes: 0,
    answer_keys: 0,
    formats: {},
  };

  constructor(options: JoinOptions, collected: Collected) {
    this.#options = options;
    this.#collected = collected;
    this.#parents = parentsOf(collected.ends);
    this.#writers = writersOf(options);
  }

  async addFault(fault: Fault): Promise<void> {
    this.#summary.files++;
    this.#summary.rejects++;
    await this.#writers.rejects.add(rejectOf(fault));
    await this.#writers.sources.add(sourceOf(fault));
  }

  async add(entry: Spooled): Promise<void> {
    const { keys, rejects, sources } = this.#writers;
    if (entry.kind === 'trace') return this.#addTrace(entry.rows);
    if (entry.kind === 'reject') {
      this.#summary.rejects++;
      await rejects.add(entry.row);
    } else if (entry.kind === 'key') {
      this.#summary.answer_keys++;
      await keys.add(entry.row);
    } else if (entry.kind === 'source') {
      this.#summary.files++;
      this.#summary.redactions += entry.row.redaction_count;
      this.#sources.push([entry.row.source_uri, entry.row.sha256]);
      await sources.add(entry.row);
    }
  }

  async finish(): Promise<Joined> {
    const { index } = this.#collected;
    await writeTests(this.#options.files, index, this.#writers.tests, this.#written);
    const isUnmatched = ({ trace_id, scope }: IndexedOutcome) => trace_id === null && scope !== 'rest';
    this.#summary.unmatched_outcomes = index.all.filter(isUnmatched).length;
    for (const outcome of index.all) await this.#writers.outcomes.add(outcomeRow(outcome));
    const tables = Object.values(this.#writers);
    for (const table of tables) await table.flush();
    return {
      parts: tables.flatMap((table) => table.parts),
      sources: this.#sources.sort((a, b) => (a[0] < b[0] ? -1 : 1)),
      summary: this.#summary,
    };
  }

  async #addTrace({ trace: raw, verdict }: SpooledTrace): Promise<void> {
    const { index, perFile } = this.#collected;
    const candidates = index.find(raw, (perFile.get(raw.source_uri) ?? 1) === 1);
    const parent_trace_id = raw.parent_trace_id ?? this.#parents.get(raw.trace_id) ?? null;
    const { trace, by } = judge({ ...raw, parent_trace_id }, verdict, candidates);
    for (const outcome of candidates) outcome.trace_id ??= trace.trace_id;
    if (by) by.is_used = true;
    if (!this.#counted(trace)) return;
    await this.#writers.traces.add(trace);
    if (verdict && !by)
      await addTests(this.#writers.tests, trace.trace_id, trace.task_id, verdict.tests ?? [], verdict.source);
  }

  /** Whether the trace is new, after it was counted. */
  #counted({ trace_id, record_count, outcome, source_format }: SpooledTrace['trace']): boolean {
    const { outcomes, formats } = this.#summary;
    this.#summary.records += record_count;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    formats[source_format] = (formats[source_format] ?? 0) + 1;
    const is_known = this.#options.known.has(trace_id) || this.#written.has(trace_id);
    this.#summary[is_known ? 'known' : 'traces']++;
    if (!is_known) this.#written.add(trace_id);
    return !is_known;
  }
}

const rejectOf = ({ uri, fault }: Fault): Row<typeof IngestRejects> => ({
  source_uri: uri,
  source_record: 0,
  byte_offset: null,
  format_guess: null,
  error_code: fault.code,
  error_message: fault.message,
  salvaged: 0,
});

const sourceOf = ({ uri, bytes }: Fault): Row<typeof ImportSources> => ({
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

interface Collected {
  index: OutcomeIndex;
  ends: LinkEnd[];
  perFile: Map<string, number>;
}

/** Verdicts without their tests, and what links traces: small enough to hold. */
async function collect(files: readonly string[]): Promise<Collected> {
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
