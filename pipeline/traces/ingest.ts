import { hash } from 'node:crypto';
import type { Database } from '../warehouse/database.ts';
import type { Batch, BatchResult } from './batch.ts';
import type { TraceDraft } from './draft.ts';
import type { Format } from './formats/format.ts';
import { familyOf, type GroupFile, readGroup } from './formats/group.ts';
import { formatOf } from './formats/index.ts';
import { readTerminalCapture, terminalCapture } from './formats/terminal-bench.ts';
import {
  isSideDocument,
  outcomeOfHeader,
  outcomesOfDocument,
  outcomesOfText,
  withoutTrailingCommas,
} from './outcomes/index.ts';
import type { OutcomeRecord } from './outcomes/outcome.ts';
import { isVerdictRow, outcomeOfRow } from './outcomes/table.ts';
import { type Blob, type Fault, storedBytes } from './reading/blob.ts';
import { type Document, documents, type ReadOptions } from './reading/documents.ts';
import { parquetRows } from './reading/parquet.ts';
import { anonymiseHomes } from './redact.ts';
import { type FileState, Sink } from './sink.ts';
import { unknownFormat } from './unknown.ts';

type Parsed = Extract<Document, { kind: 'json' }>;
type Faulty = Extract<Document, { kind: 'fault' }>;

/** Place of a draft inside its file. */
interface Place {
  record: number;
  sha256: string;
  flags: string[];
}

/** Reads a batch of files into Parquet parts of steps and calls, and a spool of the rest. */
export async function ingestBatch(batch: Batch, database: Database, known: ReadonlySet<string>): Promise<BatchResult> {
  const sink = new Sink(batch, database, known);
  const reader = new Reader(batch, database, sink);
  for (const blob of batch.blobs) await reader.file(blob);
  for (const group of batch.groups) await reader.group(group);
  return { index: batch.index, parts: await sink.finish(), deferred: reader.deferred, bytes: sink.bytes };
}

class Reader {
  readonly deferred: BatchResult['deferred'] = [];
  private readonly batch: Batch;
  private readonly database: Database;
  private readonly sink: Sink;
  private readonly options: ReadOptions;

  constructor(batch: Batch, database: Database, sink: Sink) {
    this.batch = batch;
    this.database = database;
    this.sink = sink;
    this.options = batch.anonymise ? { rewrite: anonymiseHomes } : {};
  }

  async file(blob: Blob): Promise<void> {
    const state = await this.sink.open(blob);
    if (isParquet(blob)) await this.parquet(state);
    else await this.text(state);
    if (!this.deferred.some((entry) => entry.blob === blob)) await this.sink.close(state);
  }

  private async text(state: FileState): Promise<void> {
    const lines = new Lines();
    for await (const document of documents(state.blob, this.options)) {
      if (document.kind !== 'fault') state.account.redaction_count += document.redactions;
      if (document.kind === 'json' && document.of === 'line') await this.line(state, document, lines);
      else if (document.kind === 'fault' && lines.mode !== 'none') lines.faults.push(document);
      else await this.single(state, document);
    }
    await this.endOfLines(state, lines);
  }

  /** Lines are held until it is clear whether the file is one session or a list of records. */
  private async line(state: FileState, document: Parsed, lines: Lines): Promise<void> {
    if (lines.mode === 'records') return this.single(state, document);
    lines.held.push(document);
    if (lines.mode === 'session') return;
    lines.mode = 'open';
    const values = lines.held.map((line) => line.value);
    const format = this.allowed(formatOf(values, 'session'));
    const isRecord = this.allowed(formatOf(document.value, 'record')) !== null || isVerdictRow(document.value);
    if (format && !isRecord) Object.assign(lines, { mode: 'session', format });
    else if (isRecord || lines.held.length >= 60) await this.releaseLines(state, lines);
  }

  private async releaseLines(state: FileState, lines: Lines): Promise<void> {
    lines.mode = 'records';
    for (const line of lines.held.splice(0)) await this.single(state, line);
    for (const fault of lines.faults.splice(0)) await this.single(state, fault);
  }

  private async endOfLines(state: FileState, lines: Lines): Promise<void> {
    if (lines.mode === 'none') return;
    if (lines.mode !== 'session') return this.releaseLines(state, lines);
    for (const { fault, record } of lines.faults) await this.sink.reject(state, fault, record, lines.held.length);
    const flags = lines.faults.length > 0 ? ['salvaged_lines'] : [];
    const values = lines.held.map((line) => line.value);
    await this.read(state, lines.format!, values, { record: 0, sha256: state.sha256, flags });
  }

  /** One document: a trajectory, verdicts, a side file, part of a group, or something unknown. */
  private async single(state: FileState, document: Document): Promise<void> {
    if (document.kind === 'fault') return this.fault(state, document.fault, document.record);
    if (document.kind === 'text') return this.plain(state, document.text, document.sha256);
    const { value, record, sha256 } = document;
    const isWhole = record === 0 && document.of === 'document';
    const family = this.batch.format === null && isWhole ? familyOf(value, state.source) : null;
    if (family) return void this.deferred.push({ ...family, blob: state.blob });
    const format =
      this.allowed(formatOf(value, 'record')) ?? (isWhole ? this.allowed(formatOf(value, 'session')) : null);
    if (format) return this.read(state, format, value, { record, sha256, flags: [] });
    const outcomes = this.outcomesIn(state, value, record);
    if (outcomes) return this.sink.outcomes(state, outcomes);
    if (isWhole && isSideDocument(value, state.blob.uri)) return;
    await this.sink.reject(state, unknownFormat(value), record);
  }

  private outcomesIn(state: FileState, value: unknown, record: number): OutcomeRecord[] | null {
    const { uri } = state.blob;
    const header = outcomeOfHeader(value, uri);
    if (header) return [header];
    if (!isVerdictRow(value)) return outcomesOfDocument(value, uri);
    const outcome = outcomeOfRow(value as never, uri, record);
    return outcome ? [outcome] : [];
  }

  private allowed(format: Format | null): Format | null {
    return format && (this.batch.format === null || format.name === this.batch.format) ? format : null;
  }

  /** A report whose only fault is a comma too many is read after all. */
  private async fault(state: FileState, fault: Fault, record: number): Promise<void> {
    if (fault.code === 'not_json' && state.blob.length < 4 << 20) {
      const value = withoutTrailingCommas(storedBytes(state.blob).toString('utf8'));
      const outcomes = value === null ? null : outcomesOfDocument(value, state.blob.uri);
      if (outcomes) return this.sink.outcomes(state, outcomes);
    }
    await this.sink.reject(state, fault, record);
  }

  private async plain(state: FileState, text: string, sha256: string): Promise<void> {
    const { blob, source } = state;
    const family = this.batch.format === null || this.batch.format === 'aider' ? familyOf(text, source) : null;
    if (family) return void this.deferred.push({ ...family, blob });
    const capture = terminalCapture(text);
    if (capture === 'agent')
      return this.write(state, [readTerminalCapture(text, source)], { record: 0, sha256, flags: [] });
    const outcomes = capture ? null : outcomesOfText(text, blob.uri);
    if (outcomes) return this.sink.outcomes(state, outcomes);
    if (!claimsTrace.test(blob.uri)) return;
    const start = JSON.stringify(text.trimStart().slice(0, 40));
    await this.sink.reject(
      state,
      { code: 'not_json', message: `named like a trajectory, but it starts with ${start}` },
      0,
    );
  }

  /** Adapters trust the shape that told the format; where it deceives them, the record is refused. */
  private async read(state: FileState, format: Format, value: unknown, place: Place): Promise<void> {
    let drafts: TraceDraft[];
    try {
      drafts = format.read(value as never, state.source);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      const message = `looks like ${format.name}, but ${error.message}`;
      return this.sink.reject(state, { code: 'wrong_shape', message, format_guess: format.name }, place.record);
    }
    await this.write(state, drafts, place);
  }

  private async write(
    state: FileState,
    drafts: readonly TraceDraft[],
    { record, sha256, flags }: Place,
  ): Promise<void> {
    const { uri, tail = uri } = state.blob;
    for (const [index, draft] of drafts.entries()) {
      const own = { uri, tail, record: drafts.length > 1 ? index : record, sha256, record_count: 1, flags: [...flags] };
      await this.sink.trace([state], draft, own);
    }
  }

  private async parquet(state: FileState): Promise<void> {
    const { rows, fault } = await parquetRows(this.database, state.blob);
    if (fault) await this.sink.reject(state, fault, 0);
    let record = 0;
    for await (const { value, sha256 } of rows) {
      const format = this.allowed(formatOf(value, 'record'));
      if (format) await this.read(state, format, value, { record, sha256, flags: fault ? [fault.code] : [] });
      else if (record === 0) await this.sink.reject(state, unknownFormat(value), record);
      record++;
    }
  }

  async group({ family, blobs }: Batch['groups'][number]): Promise<void> {
    const states = new Map<string, FileState>();
    const files: GroupFile[] = [];
    for (const blob of blobs) {
      const state = await this.sink.open(blob);
      states.set(blob.uri, state);
      for await (const document of documents(blob, this.options)) {
        if (document.kind === 'fault') await this.sink.reject(state, document.fault, document.record);
        else {
          state.account.redaction_count += document.redactions;
          const value = document.kind === 'text' ? document.text : document.value;
          files.push({ source: state.source, stem: state.source.stem, value });
        }
      }
    }
    for (const { draft, files: parts } of files.length > 0 ? readGroup(family, files) : []) {
      await this.together(
        draft,
        parts.map((part) => states.get(part.source.uri)!),
      );
    }
    for (const state of states.values()) await this.sink.close(state);
  }

  private async together(draft: TraceDraft, states: readonly FileState[]): Promise<void> {
    const first = states[0]!;
    const sha256 = states.length === 1 ? first.sha256 : hash('sha256', states.map((state) => state.sha256).join('\n'));
    const { uri, tail = uri } = first.blob;
    const record = first.account.record_count;
    await this.sink.trace(states, draft, { uri, tail, record, sha256, record_count: states.length, flags: [] });
  }
}

/** The lines of a file so far. */
class Lines {
  mode: 'none' | 'open' | 'session' | 'records' = 'none';
  format: Format | null = null;
  held: Parsed[] = [];
  faults: Faulty[] = [];
}

const claimsTrace = /\.(?:json|jsonl|ndjson|traj|eval)(?:\.(?:gz|zst))?$/i;

const isParquet = (blob: Blob): boolean =>
  storedBytes({ ...blob, length: Math.min(4, blob.length) }).toString('latin1') === 'PAR1';
