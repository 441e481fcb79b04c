import { createHash, hash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import {
  type ImportedAnswerKey,
  type ImportSource,
  type IngestReject,
  Steps,
  ToolCalls,
} from '../../schemas/traces.ts';
import { BulkWriter, type Part } from '../warehouse/bulk.ts';
import type { Database } from '../warehouse/database.ts';
import type { TraceDraft } from './draft.ts';
import type { Format, Source } from './formats/format.ts';
import { type Family, familyOf, type GroupFile, readGroup } from './formats/group.ts';
import { closestFormat, formatOf } from './formats/index.ts';
import { readTerminalCapture, terminalCapture } from './formats/terminal-bench.ts';
import { isSideDocument, outcomesOfDocument, outcomesOfText, withoutTrailingCommas } from './outcomes/index.ts';
import type { OutcomeRecord } from './outcomes/outcome.ts';
import { isVerdictRow, outcomeOfRow } from './outcomes/table.ts';
import { type Blob, type Fault, storedBytes, stream } from './reading/blob.ts';
import { type Document, documents } from './reading/documents.ts';
import { folderOf, stemOf } from './reading/entries.ts';
import { parquetRows } from './reading/parquet.ts';
import { anonymiseHomes } from './redact.ts';
import { type Provenance, rowsOf, type TraceRows } from './rows.ts';

export interface Batch {
  index: number;
  blobs: Blob[];
  /** Files that only make sense together, found in the first pass. */
  groups: { family: Family; blobs: Blob[] }[];
  /** Folder for parts and spools. */
  out: string;
  /** Read only this format; null for whatever the content says. */
  format: string | null;
  anonymise: boolean;
}

export interface BatchResult {
  index: number;
  parts: Part[];
  /** Files that wait for others. */
  deferred: { family: Family; key: string; blob: Blob }[];
  bytes: number;
}

/** What batches leave for the join, one JSON line each. */
export type Spooled =
  | { kind: 'trace'; rows: Omit<TraceRows, 'steps' | 'tool_calls' | 'answer_key'> }
  | { kind: 'key'; row: ImportedAnswerKey }
  | { kind: 'outcome'; outcome: OutcomeRecord }
  | { kind: 'reject'; row: IngestReject }
  | { kind: 'source'; row: ImportSource };

export const spoolFile = (out: string, index: number): string =>
  join(out, `spool-${String(index).padStart(5, '0')}.jsonl`);

/** Reads a batch of files into Parquet parts of steps and calls, and a spool of the rest. Known traces are read but not written. */
export async function ingestBatch(batch: Batch, database: Database, known: ReadonlySet<string>): Promise<BatchResult> {
  const ingest = new Ingest(batch, database, known);
  for (const blob of batch.blobs) await ingest.file(blob);
  for (const group of batch.groups) await ingest.group(group);
  return ingest.finish();
}

interface FileState {
  source: Source;
  blob: Blob;
  sha256: string;
  account: ImportSource;
}

class Ingest {
  private readonly batch: Batch;
  private readonly known: ReadonlySet<string>;
  private readonly steps: BulkWriter<typeof Steps>;
  private readonly calls: BulkWriter<typeof ToolCalls>;
  private readonly spool: WriteStream;
  private readonly deferred: BatchResult['deferred'] = [];
  private readonly database: Database;
  private bytes = 0;

  constructor(batch: Batch, database: Database, known: ReadonlySet<string>) {
    this.batch = batch;
    this.known = known;
    this.database = database;
    const prefix = (table: string) => join(batch.out, `${table}-${String(batch.index).padStart(5, '0')}`);
    this.steps = new BulkWriter(database, Steps, prefix('steps'));
    this.calls = new BulkWriter(database, ToolCalls, prefix('tool_calls'));
    this.spool = createWriteStream(spoolFile(batch.out, batch.index));
  }

  async finish(): Promise<BatchResult> {
    await this.steps.flush();
    await this.calls.flush();
    this.spool.end();
    await once(this.spool, 'close');
    return {
      index: this.batch.index,
      parts: [...this.steps.parts, ...this.calls.parts],
      deferred: this.deferred,
      bytes: this.bytes,
    };
  }

  async file(blob: Blob): Promise<void> {
    const state = await this.open(blob);
    if (isParquet(blob)) await this.parquet(state);
    else await this.text(state);
    if (!this.deferred.some((entry) => entry.blob === blob)) await this.close(state);
  }

  private async open(blob: Blob): Promise<FileState> {
    const sha256 = await digestOf(blob);
    this.bytes += blob.length;
    return {
      blob,
      sha256,
      source: { uri: blob.uri, folder: folderOf(blob.uri), stem: stemOf(blob.uri) },
      account: {
        source_uri: blob.uri,
        sha256,
        bytes: blob.length,
        format: null,
        role: 'side',
        record_count: 0,
        trace_count: 0,
        reject_count: 0,
        redaction_count: 0,
      },
    };
  }

  private close({ account }: FileState): Promise<void> {
    return this.put({ kind: 'source', row: account });
  }

  private async text(state: FileState): Promise<void> {
    const rewrite = this.batch.anonymise ? { rewrite: anonymiseHomes } : {};
    const reader = new LineReader();
    for await (const document of documents(state.blob, rewrite)) {
      if (document.kind !== 'fault') state.account.redaction_count += document.redactions;
      if (document.kind === 'json' && document.of === 'line') await this.line(state, document, reader);
      else if (document.kind === 'fault' && reader.isOpen) reader.faults.push(document);
      else await this.single(state, document);
    }
    await this.endOfLines(state, reader);
  }

  /** Lines are held until it is clear whether the file is one session or a list of records. */
  private async line(state: FileState, document: Document & { kind: 'json' }, reader: LineReader): Promise<void> {
    reader.isOpen = true;
    if (reader.mode === 'records') return this.single(state, document);
    reader.held.push(document);
    if (reader.mode === 'session') return;
    const format = this.allowed(
      formatOf(
        reader.held.map((line) => line.value),
        'session',
      ),
    );
    const isRecord = this.allowed(formatOf(document.value, 'record')) !== null || isVerdictRow(document.value);
    if (format && !isRecord) Object.assign(reader, { mode: 'session', format });
    else if (isRecord || reader.held.length >= 60) await this.releaseLines(state, reader);
  }

  private async releaseLines(state: FileState, reader: LineReader): Promise<void> {
    reader.mode = 'records';
    for (const line of reader.held.splice(0)) await this.single(state, line);
    for (const fault of reader.faults.splice(0)) await this.single(state, fault);
  }

  private async endOfLines(state: FileState, reader: LineReader): Promise<void> {
    if (!reader.isOpen) return;
    if (reader.mode !== 'session') return this.releaseLines(state, reader);
    const salvaged = reader.held.length;
    for (const { fault, record } of reader.faults) await this.reject(state, fault, record, salvaged);
    const flags = reader.faults.length > 0 ? ['salvaged_lines'] : [];
    await this.read(
      state,
      reader.format!,
      reader.held.map((line) => line.value),
      { record: 0, sha256: state.sha256, flags },
    );
  }

  /** One document: a trajectory, verdicts, a side file, part of a group, or something unknown. */
  private async single(state: FileState, document: Document): Promise<void> {
    if (document.kind === 'fault') return this.fault(state, document.fault, document.record);
    if (document.kind === 'text') return this.plain(state, document.text, document.sha256);
    const { value, record, sha256 } = document;
    const isFirst = record === 0 && document.of === 'document';
    const family = this.batch.format === null && isFirst ? familyOf(value, state.source) : null;
    if (family) return void this.deferred.push({ ...family, blob: state.blob });
    const format =
      this.allowed(formatOf(value, 'record')) ?? (isFirst ? this.allowed(formatOf(value, 'session')) : null);
    if (format) return this.read(state, format, value, { record, sha256, flags: [] });
    const outcomes = outcomesOfDocument(value, state.blob.uri);
    if (outcomes) return this.outcomes(state, outcomes);
    if (isVerdictRow(value)) return this.verdictRow(state, value, record);
    if (isFirst && isSideDocument(value, state.blob.uri)) return this.inspectHeader(state, value);
    return this.reject(state, unknownFormat(value), record);
  }

  private allowed(format: Format | null): Format | null {
    return format && (this.batch.format === null || format.name === this.batch.format) ? format : null;
  }

  private async fault(state: FileState, fault: Fault, record: number): Promise<void> {
    if (fault.code === 'not_json') {
      const lenient = withoutTrailingCommas(storedText(state.blob));
      const outcomes = lenient === null ? null : outcomesOfDocument(lenient, state.blob.uri);
      if (outcomes) return this.outcomes(state, outcomes);
    }
    await this.reject(state, fault, Math.max(0, record));
  }

  private async plain(state: FileState, text: string, sha256: string): Promise<void> {
    const { blob, source } = state;
    const family = this.batch.format === null || this.batch.format === 'aider' ? familyOf(text, source) : null;
    if (family) return void this.deferred.push({ ...family, blob });
    const capture = terminalCapture(text);
    if (capture === 'agent')
      return this.write(state, [readTerminalCapture(text, source)], { record: 0, sha256, flags: [] });
    const outcomes = capture ? null : outcomesOfText(text, blob.uri);
    if (outcomes) return this.outcomes(state, outcomes);
    if (claimsTrace.test(blob.uri))
      await this.reject(
        state,
        {
          code: 'not_json',
          message: `named like a trajectory, but it starts with ${JSON.stringify(text.trimStart().slice(0, 40))}`,
        },
        0,
      );
  }

  private async read(
    state: FileState,
    format: Format,
    value: unknown,
    place: { record: number; sha256: string; flags: string[] },
  ): Promise<void> {
    let drafts: TraceDraft[];
    try {
      drafts = format.read(value as never, state.source);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      return this.reject(
        state,
        { code: 'wrong_shape', message: `looks like ${format.name}, but ${error.message}` },
        place.record,
        0,
        format.name,
      );
    }
    await this.write(state, drafts, place);
  }

  private async write(
    state: FileState,
    drafts: readonly TraceDraft[],
    place: { record: number; sha256: string; flags: string[] },
  ): Promise<void> {
    for (const [index, draft] of drafts.entries()) {
      await this.emit([state], draft, {
        uri: state.blob.uri,
        record: drafts.length > 1 ? index : place.record,
        sha256: place.sha256,
        record_count: 1,
        flags: [...place.flags],
      });
    }
  }

  /** Writes a draft that came of these files; the first gives it its place. */
  private async emit(states: readonly FileState[], draft: TraceDraft, provenance: Provenance): Promise<void> {
    const first = states[0]!;
    const redactions = states.reduce((sum, state) => sum + state.account.redaction_count, 0);
    const flags = redactions > 0 ? [...provenance.flags, 'redacted'] : provenance.flags;
    for (const state of states)
      Object.assign(state.account, {
        role: 'trace',
        format: draft.format,
        record_count: state.account.record_count + 1,
      });
    for (const { steps, tool_calls, answer_key, ...rows } of rowsOf(draft, { ...provenance, flags })) {
      first.account.trace_count++;
      await this.put({ kind: 'trace', rows });
      if (this.known.has(rows.trace.trace_id)) continue;
      if (answer_key) await this.put({ kind: 'key', row: answer_key });
      for (const step of steps) await this.steps.add(step);
      for (const call of tool_calls) await this.calls.add(call);
    }
  }

  private async outcomes({ account }: FileState, outcomes: readonly OutcomeRecord[]): Promise<void> {
    if (account.role === 'side') Object.assign(account, { role: 'outcome', format: outcomes[0]?.source ?? null });
    for (const outcome of outcomes) await this.put({ kind: 'outcome', outcome });
  }

  private async verdictRow(state: FileState, value: unknown, record: number): Promise<void> {
    const outcome = outcomeOfRow(value as never, state.blob.uri, record);
    if (outcome) await this.outcomes(state, [outcome]);
    else if (state.account.role === 'side') Object.assign(state.account, { role: 'outcome', format: 'verdict_table' });
  }

  /** The header of an Inspect log speaks about all its samples. */
  private async inspectHeader(state: FileState, value: unknown): Promise<void> {
    const header = value as { eval?: { model?: string; task?: string; run_id?: string; solver?: string } };
    if (!state.blob.uri.includes('!') || !header.eval?.task) return;
    const fill = {
      model_name: header.eval.model ?? null,
      run_id: header.eval.run_id ?? null,
      agent_name: header.eval.solver ?? 'inspect',
    };
    await this.outcomes(state, [
      {
        uri: state.blob.uri,
        record: 0,
        folder: state.source.folder,
        scope: 'folder',
        task_id: null,
        source: 'inspect_header',
        rank: 0,
        outcome: 'unknown',
        fill,
      },
    ]);
  }

  private async parquet(state: FileState): Promise<void> {
    const { rows, fault } = await parquetRows(this.database, state.blob);
    if (fault) await this.reject(state, fault, 0);
    let record = 0;
    for await (const { value, sha256 } of rows) {
      const format = this.allowed(formatOf(value, 'record'));
      if (format) await this.read(state, format, value, { record, sha256, flags: fault ? [fault.code] : [] });
      else if (record === 0) await this.reject(state, unknownFormat(value), record);
      record++;
    }
  }

  async group({ family, blobs }: { family: Family; blobs: Blob[] }): Promise<void> {
    const states = new Map<string, FileState>();
    const files: GroupFile[] = [];
    for (const blob of blobs) {
      const state = await this.open(blob);
      states.set(blob.uri, state);
      for await (const document of documents(blob, this.batch.anonymise ? { rewrite: anonymiseHomes } : {})) {
        if (document.kind === 'fault') await this.reject(state, document.fault, document.record);
        else {
          state.account.redaction_count += document.redactions;
          files.push({
            source: state.source,
            stem: state.source.stem,
            value: document.kind === 'text' ? document.text : document.value,
          });
        }
      }
    }
    if (files.length > 0) {
      for (const { draft, files: parts } of readGroup(family, files)) {
        const own = parts.map((part) => states.get(part.source.uri)!);
        const sha256 = own.length === 1 ? own[0]!.sha256 : hash('sha256', own.map((state) => state.sha256).join('\n'));
        await this.emit(own, draft, {
          uri: own[0]!.blob.uri,
          record: own[0]!.account.record_count,
          sha256,
          record_count: own.length,
          flags: [],
        });
      }
    }
    for (const state of states.values()) await this.close(state);
  }

  private async reject(
    state: FileState,
    fault: Fault,
    record: number,
    salvaged = 0,
    guess: string | null = null,
  ): Promise<void> {
    state.account.reject_count++;
    if (state.account.role === 'side') state.account.role = 'rejected';
    await this.put({
      kind: 'reject',
      row: {
        source_uri: state.blob.uri,
        source_record: Math.max(0, record),
        byte_offset: fault.byte_offset ?? null,
        format_guess: guess ?? fault.message.match(/closest to ([\w.-]+)/)?.[1] ?? null,
        error_code: fault.code,
        error_message: fault.message,
        salvaged,
      },
    });
  }

  private async put(entry: Spooled): Promise<void> {
    if (!this.spool.write(`${JSON.stringify(entry)}\n`)) await once(this.spool, 'drain');
  }
}

class LineReader {
  mode: 'open' | 'session' | 'records' = 'open';
  isOpen = false;
  format: Format | null = null;
  held: (Document & { kind: 'json' })[] = [];
  faults: (Document & { kind: 'fault' })[] = [];
}

const claimsTrace = /\.(?:json|jsonl|ndjson|traj|eval)(?:\.(?:gz|zst))?$/i;

function unknownFormat(value: unknown): Fault {
  const closest = closestFormat(value);
  const keys =
    value !== null && typeof value === 'object'
      ? Object.keys(Array.isArray(value) ? (value[0] ?? {}) : value).slice(0, 8)
      : [];
  const seen = `has ${keys.join(', ') || `a ${typeof value}`}`;
  return {
    code: 'unknown_format',
    message: closest
      ? `${seen}; closest to ${closest.name}, but lacks ${closest.missing.slice(0, 4).join(', ') || 'its shape'}`
      : `${seen}; nothing like it is known`,
  };
}

const isParquet = (blob: Blob): boolean =>
  storedBytes({ ...blob, length: Math.min(4, blob.length) }).toString('latin1') === 'PAR1';

async function digestOf(blob: Blob): Promise<string> {
  if (blob.length <= 16 << 20) return hash('sha256', storedBytes(blob));
  const digest = createHash('sha256');
  for await (const chunk of stream({ ...blob, codec: 'none' }, true)) digest.update(chunk);
  return digest.digest('hex');
}

/** Decompressed text of a small file, for the second look at a report. */
function storedText(blob: Blob): string {
  return blob.length > 4 << 20 ? '' : storedBytes(blob).toString('utf8');
}
