import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { sha256 } from '../pipeline/hash.ts';
import { fingerprintOf, type Ingredients } from '../pipeline/stage.ts';
import type { Batch, BatchResult } from '../pipeline/traces/batch.ts';
import { formatNames } from '../pipeline/traces/formats/index.ts';
import { type ImportResult, type ImportSummary, importTraces, importVersion } from '../pipeline/traces/import.ts';
import { spoolInput } from '../pipeline/traces/reading/entries.ts';
import { quote } from '../pipeline/warehouse/database.ts';
import type { Warehouse } from '../pipeline/warehouse/store.ts';
import { tables } from '../schemas/index.ts';
import { createTableSql } from '../schemas/table.ts';
import { Traces } from '../schemas/traces.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { openWarehouse } from './engine.ts';
import { takeLock } from './lock.ts';
import { progressBar } from './progress.ts';
import type { IngestWorkerData } from './workers/ingest.ts';

export default defineCommand({
  summary: "read other agents' traces into the warehouse; - reads standard input",
  positionals: ['path'],
  options: z.object({
    path: z.string().describe('file, folder, archive or quoted glob; plain, .gz, .zst, tar or zip'),
    also: z.array(z.string()).default([]).describe('another path of the same import; may be repeated'),
    format: z
      .enum(['auto', ...formatNames])
      .default('auto')
      .describe(`auto, or one of ${formatNames.join(', ')}`),
    round: z.coerce.number().int().min(0).default(0).describe('round the traces belong to (default 0)'),
    anonymise: z.boolean().default(false).describe('also replace user names in home paths'),
    workers: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('worker threads (default: workers of the settings)'),
    ...asJson,
    ...common,
  }),
  async run({ path, also, format, round, anonymise, workers, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const root = resolve(settings.data);
    const release = takeLock(join(root, 'warehouse', '.lock'));
    await mkdir(join(root, 'warehouse', '.staging'), { recursive: true });
    const scratch = await mkdtemp(join(root, 'warehouse', '.staging', 'import-'));
    const warehouse = await openWarehouse(settings);
    try {
      const inputs = [path, ...also];
      if (path === '-') inputs[0] = await spoolInput(process.stdin, scratch);
      const known = await knownTraces(warehouse);
      const bar = progressBar(effects, 'import');
      const pool = openPool(known, workers ?? settings.workers);
      const result = await importTraces(
        {
          inputs,
          scratch,
          format: format === 'auto' ? null : format,
          anonymise,
          workers: pool.threads.length * 2,
          run: (batch: Batch): Promise<BatchResult> => pool.run(batch),
          progress: bar.update,
        },
        warehouse.database,
        new Set(known),
      ).finally(() => pool.destroy());
      bar.end();
      if (result.summary.files === 0)
        throw DataError.of({ where: path, expected: 'files to read', found: 'none', fix: 'check the path' });
      const state = await commit(warehouse, result, round, { format, anonymise });
      effects.print(json ? JSON.stringify({ state, ...result.summary }) : describe(result.summary, state, round));
      return result.summary.rejects > 0 ? 1 : 0;
    } finally {
      warehouse.database.close();
      await rm(scratch, { recursive: true, force: true });
      release();
    }
  },
});

function openPool(known: readonly string[], workers: number): Piscina {
  const data: IngestWorkerData = { known };
  return new Piscina({
    filename: fileURLToPath(new URL('./workers/ingest.ts', import.meta.url)),
    workerData: data,
    minThreads: workers,
    maxThreads: workers,
    concurrentTasksPerWorker: 1,
  });
}

/** Ids of imported traces in every round. */
async function knownTraces(warehouse: Warehouse): Promise<string[]> {
  const files: string[] = [];
  for (const round of await warehouse.rounds()) files.push(...(await warehouse.files(Traces, round)));
  if (files.length === 0) return [];
  const rows = await warehouse.database.rows(
    `select trace_id from read_parquet([${files.map(quote).join(', ')}], hive_partitioning = false) where source_format <> 'socratic'`,
  );
  return rows.map((row) => String(row.trace_id));
}

type State = 'imported' | 'nothing new';

/** An import is a stage of its own, named after what it read: the same files again change nothing. */
async function commit(warehouse: Warehouse, result: ImportResult, round: number, params: object): Promise<State> {
  const stage = `import-${result.digest.slice(0, 16)}`;
  if (result.summary.traces === 0 && (result.summary.known > 0 || (await warehouse.manifest(round, stage)) !== null))
    return 'nothing new';
  const ingredients: Ingredients = {
    stage,
    version: importVersion,
    params,
    seed: '',
    ports: {},
    schemas: schemasOf(result),
    inputs: { sources: result.digest },
  };
  const byName = new Map(tables.map((table) => [table.name, table]));
  await warehouse.adopt(
    {
      fingerprint: fingerprintOf(ingredients),
      ingredients,
      round,
      dropped: result.summary.rejects > 0 ? { rejected: result.summary.rejects } : {},
      wall_ms: 0,
    },
    result.parts.map(({ table, ...part }) => ({ ...part, table: byName.get(table)! })),
  );
  return 'imported';
}

const schemasOf = ({ parts }: ImportResult): Record<string, string> =>
  Object.fromEntries(
    tables
      .filter((table) => parts.some((part) => part.table === table.name))
      .map((table) => [table.name, sha256(createTableSql(table)).slice(0, 12)]),
  );

const n = (value: number): string => value.toLocaleString('en-US');

function describe(summary: ImportSummary, state: State, round: number): string {
  const { outcomes } = summary;
  const folded = summary.records - summary.traces - summary.known;
  const judged = Object.entries(outcomes)
    .sort()
    .map(([outcome, count]) => `${n(count)} ${outcome}`)
    .join(', ');
  return [
    `read       ${n(summary.files)} files, ${(summary.bytes / 1e6).toFixed(1)} MB stored: ${n(summary.records)} trace records, ${n(summary.rejects)} rejected`,
    `traces     ${n(summary.traces)} new${summary.known > 0 ? `, ${n(summary.known)} there already` : ''}${folded > 0 ? ` (${n(folded)} records are part of another's trace)` : ''}, ${n(summary.steps)} steps, ${n(summary.tool_calls)} tool calls`,
    `verdicts   ${judged || 'none'}${summary.unmatched_outcomes > 0 ? `; ${n(summary.unmatched_outcomes)} verdicts speak about no trace here` : ''}`,
    `formats    ${Object.entries(summary.formats)
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .map(([name, count]) => `${name} ${n(count)}`)
      .join(', ')}`,
    `kept apart ${n(summary.redactions)} secrets overwritten, ${n(summary.answer_keys)} answer keys sealed`,
    `${state}${state === 'imported' ? ` into round ${round}` : ''}${summary.rejects > 0 ? "; see: socratic sql 'select * from ingest_rejects'" : ''}`,
  ].join('\n');
}
