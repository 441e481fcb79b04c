import { join } from 'node:path';
import type { ImportedAnswerKey, ImportSource, IngestReject } from '../../schemas/traces.ts';
import type { Part } from '../warehouse/bulk.ts';
import type { Family } from './formats/group.ts';
import type { OutcomeRecord } from './outcomes/outcome.ts';
import type { Blob } from './reading/blob.ts';
import type { TraceRows } from './rows.ts';

/** Work for one worker: plain data. */
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
  /** Stored bytes that were read. */
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
