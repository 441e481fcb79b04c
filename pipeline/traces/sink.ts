import { createHash, hash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { type ImportSource, Steps, ToolCalls } from '../../schemas/traces.ts';
import { BulkWriter, type Part } from '../warehouse/bulk.ts';
import type { Database } from '../warehouse/database.ts';
import { type Batch, type Spooled, spoolFile } from './batch.ts';
import type { TraceDraft } from './draft.ts';
import type { Source } from './formats/format.ts';
import type { OutcomeRecord } from './outcomes/outcome.ts';
import { type Blob, type Fault, storedBytes, stream } from './reading/blob.ts';
import { folderOf, stemOf } from './reading/entries.ts';
import { type Provenance, rowsOf } from './rows.ts';

/** A file while it is being read, with the account of what came of it. */
export interface FileState {
  source: Source;
  blob: Blob;
  sha256: string;
  account: ImportSource;
}

/** Where the rows of a batch go: steps and calls to Parquet parts, the rest to the spool that the join reads. */
export class Sink {
  private readonly known: ReadonlySet<string>;
  private readonly steps: BulkWriter<typeof Steps>;
  private readonly calls: BulkWriter<typeof ToolCalls>;
  private readonly spool: WriteStream;
  /** Stored bytes of the files opened so far. */
  bytes = 0;

  /** @param known ids of traces that are in the warehouse: they are accounted for, but not written again */
  constructor({ out, index }: Batch, database: Database, known: ReadonlySet<string>) {
    this.known = known;
    const prefix = (table: string) => join(out, `${table}-${String(index).padStart(5, '0')}`);
    this.steps = new BulkWriter(database, Steps, prefix('steps'));
    this.calls = new BulkWriter(database, ToolCalls, prefix('tool_calls'));
    this.spool = createWriteStream(spoolFile(out, index));
  }

  async finish(): Promise<Part[]> {
    await this.steps.flush();
    await this.calls.flush();
    this.spool.end();
    await once(this.spool, 'close');
    return [...this.steps.parts, ...this.calls.parts];
  }

  async open(blob: Blob): Promise<FileState> {
    const sha256 = await digestOf(blob);
    this.bytes += blob.length;
    const counts = { record_count: 0, trace_count: 0, reject_count: 0, redaction_count: 0 };
    return {
      blob,
      sha256,
      source: { uri: blob.uri, folder: folderOf(blob.uri), stem: stemOf(blob.uri) },
      account: { source_uri: blob.uri, sha256, bytes: blob.length, format: null, role: 'side', ...counts },
    };
  }

  close({ account }: FileState): Promise<void> {
    return this.put({ kind: 'source', row: account });
  }

  /** Writes a draft that came of these files; the first gives it its place. */
  async trace(states: readonly FileState[], draft: TraceDraft, provenance: Provenance): Promise<void> {
    const redactions = states.reduce((sum, state) => sum + state.account.redaction_count, 0);
    const flags = redactions > 0 ? [...provenance.flags, 'redacted'] : provenance.flags;
    for (const { account } of states)
      Object.assign(account, { role: 'trace', format: draft.format, record_count: account.record_count + 1 });
    for (const { steps, tool_calls, answer_key, ...rows } of rowsOf(draft, { ...provenance, flags })) {
      states[0]!.account.trace_count++;
      await this.put({ kind: 'trace', rows });
      if (this.known.has(rows.trace.trace_id)) continue;
      if (answer_key) await this.put({ kind: 'key', row: answer_key });
      for (const step of steps) await this.steps.add(step);
      for (const call of tool_calls) await this.calls.add(call);
    }
  }

  async outcomes({ account }: FileState, outcomes: readonly OutcomeRecord[]): Promise<void> {
    if (account.role === 'side') Object.assign(account, { role: 'outcome', format: outcomes[0]?.source ?? null });
    for (const outcome of outcomes) await this.put({ kind: 'outcome', outcome });
  }

  async reject({ account, blob }: FileState, fault: Fault, record: number, salvaged = 0): Promise<void> {
    account.reject_count++;
    if (account.role === 'side') account.role = 'rejected';
    const row = {
      source_uri: blob.uri,
      source_record: Math.max(0, record),
      byte_offset: fault.byte_offset ?? null,
      format_guess: fault.format_guess ?? null,
      error_code: fault.code,
      error_message: fault.message,
      salvaged,
    };
    await this.put({ kind: 'reject', row });
  }

  private async put(entry: Spooled): Promise<void> {
    if (!this.spool.write(`${JSON.stringify(entry)}\n`)) await once(this.spool, 'drain');
  }
}

async function digestOf(blob: Blob): Promise<string> {
  if (blob.length <= 16 << 20) return hash('sha256', storedBytes(blob));
  const digest = createHash('sha256');
  for await (const chunk of stream({ ...blob, codec: 'none' }, true)) digest.update(chunk);
  return digest.digest('hex');
}
