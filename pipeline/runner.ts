import { Ledger } from '../schemas/ledger.ts';
import { createTableSql, type Table } from '../schemas/table.ts';
import { DataError } from './errors.ts';
import { sha256 } from './hash.ts';
import { seededRandom } from './random.ts';
import {
  assertUniqueKey,
  fingerprintOf,
  type Ingredients,
  type Input,
  type Manifest,
  type Ports,
  type Progress,
  type Stage,
  type TableStore,
} from './stage.ts';

export interface RunOptions {
  store: TableStore;
  round: number;
  seed: string;
  params: unknown;
  ports: Ports;
  progress: Progress;
  /** Milliseconds since some fixed moment, and processor milliseconds of this process and its children. */
  clock: { wall(): number; cpu(): number };
  /** Comes before the stage's rows are recorded: what they rest on must be there first. */
  beforeCommit?: () => Promise<void>;
}

export type StageState = 'fresh' | 'stale' | 'damaged' | 'missing';

export interface Outcome {
  status: 'fresh' | 'ran';
  manifest: Manifest;
}

/** What decides the stage's output now. */
export async function ingredientsOf(
  stage: Stage,
  { store, round, seed, params, ports }: RunOptions,
): Promise<Ingredients> {
  const inputs: Record<string, string> = {};
  for (const { table, rounds } of Object.values(stage.reads) as Input[]) {
    for (const source of rounds(round))
      inputs[`${table.name}/${source}`] = await requireDigest(store, stage, table, source);
  }
  return {
    stage: stage.name,
    version: stage.version,
    params: stage.params.parse(params),
    seed: `${seed}/${round}/${stage.name}`,
    ports: Object.fromEntries(stage.ports.map((name: string) => [name, ports[name]!.id])),
    schemas: Object.fromEntries(
      (Object.values(stage.writes) as Table[]).map((table) => [table.name, sha256(createTableSql(table)).slice(0, 12)]),
    ),
    inputs,
  };
}

async function requireDigest(store: TableStore, stage: Stage, table: Table, round: number): Promise<string> {
  const digest = await store.digest(table, round);
  if (digest !== null) return digest;
  throw DataError.of({
    where: `stage ${stage.name}`,
    expected: `table ${table.name} of round ${round}`,
    found: 'no finished stage wrote it',
    fix: round === 0 ? 'run make round N=1 first: it prepares the seeds' : `run make round N=${round} first`,
  });
}

/** Whether the stage must run, without running it. */
export async function stateOf(stage: Stage, options: RunOptions): Promise<StageState> {
  const manifest = await options.store.manifest(options.round, stage.name);
  if (!manifest) return 'missing';
  const fingerprint = fingerprintOf(await ingredientsOf(stage, options));
  if (manifest.fingerprint !== fingerprint) return 'stale';
  return (await options.store.isIntact(manifest)) ? 'fresh' : 'damaged';
}

/** Runs a stage unless its recorded output is still the right one. */
export async function runStage(stage: Stage, options: RunOptions): Promise<Outcome> {
  const { store, round, ports, progress, clock } = options;
  const ingredients = await ingredientsOf(stage, options);
  const fingerprint = fingerprintOf(ingredients);
  const recorded = await store.manifest(round, stage.name);
  if (recorded?.fingerprint === fingerprint && (await store.isIntact(recorded)))
    return { status: 'fresh', manifest: recorded };

  const started = { wall: clock.wall(), cpu: clock.cpu() };
  const inputs = await readInputs(stage, store, round);
  const context = {
    params: ingredients.params,
    round,
    seed: ingredients.seed,
    random: seededRandom(ingredients.seed),
    ports,
    progress,
  };
  const { tables, dropped = {}, usage = {} } = await stage.run(inputs, context);
  const outputs = Object.entries(stage.writes as Record<string, Table>).map(([name, table]) => ({
    table,
    rows: tables[name]!,
  }));
  for (const { table, rows } of outputs) assertUniqueKey(stage.name, table, rows);
  const ledger = {
    stage: stage.name,
    execution_count: usage.executions ?? 0,
    unique_execution_count: usage.unique_executions ?? 0,
    cost_usd: usage.cost_usd ?? 0,
    wall_ms: clock.wall() - started.wall,
    cpu_ms: clock.cpu() - started.cpu,
    alignment_ms: usage.alignment_ms ?? 0,
  };
  await options.beforeCommit?.();
  const manifest = await store.commit({ fingerprint, ingredients, round, dropped, wall_ms: ledger.wall_ms }, [
    ...outputs,
    { table: Ledger, rows: [ledger] },
  ]);
  return { status: 'ran', manifest };
}

async function readInputs(stage: Stage, store: TableStore, round: number): Promise<Record<string, unknown[]>> {
  const inputs: Record<string, unknown[]> = {};
  for (const [name, { table, rounds }] of Object.entries(stage.reads as Record<string, Input>)) {
    const parts = await Promise.all(rounds(round).map((source) => store.read(table, source)));
    inputs[name] = parts.flat();
  }
  return inputs;
}

/** Where two fingerprints differ, in words; empty when they are equal. */
export function explainDifference(recorded: Ingredients, now: Ingredients): string[] {
  const flat = (value: unknown, prefix = ''): [string, string][] =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, prefix ? `${prefix}.${key}` : key))
      : [[prefix, JSON.stringify(value)]];
  const then = new Map(flat(recorded));
  const today = new Map(flat(now));
  const names = [...new Set([...then.keys(), ...today.keys()])].sort();
  return names
    .filter((name) => then.get(name) !== today.get(name))
    .map((name) => `${name}: ${then.get(name) ?? '(absent)'} -> ${today.get(name) ?? '(absent)'}`);
}
