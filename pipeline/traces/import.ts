import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Table } from '../../schemas/table.ts';
import { Steps, ToolCalls } from '../../schemas/traces.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import type { Part } from '../warehouse/bulk.ts';
import type { Database } from '../warehouse/database.ts';
import { type Batch, type BatchResult, spoolFile } from './batch.ts';
import { familyGroups } from './groups.ts';
import { type JoinSummary, joinSpools } from './join-spools.ts';
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

export interface ImportSummary extends JoinSummary {
  bytes: number;
  steps: number;
  tool_calls: number;
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
  const files = results.map((result) => spoolFile(out, result.index));
  const joined = await joinSpools({ files, faults: listing.faults, out, database, known });
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
