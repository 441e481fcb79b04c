import type * as z from 'zod';
import type { Row, Table } from '../schemas/table.ts';
import { canonicalJson, sha256 } from './hash.ts';
import type { Random } from './random.ts';

/** A table as a stage reads it: which rounds count for round n. */
export interface Input<T extends Table = Table> {
  table: T;
  rounds: (round: number) => number[];
}

export const current = <T extends Table>(table: T): Input<T> => ({ table, rounds: (n) => [n] });
export const previous = <T extends Table>(table: T): Input<T> => ({ table, rounds: (n) => [n - 1] });
/** Round 0, where the seeds and the first checkpoint are. */
export const bootstrap = <T extends Table>(table: T): Input<T> => ({ table, rounds: () => [0] });
export const upTo = <T extends Table>(table: T): Input<T> => ({
  table,
  rounds: (n) => Array.from({ length: n + 1 }, (_, i) => i),
});
export const before = <T extends Table>(table: T): Input<T> => ({
  table,
  rounds: (n) => Array.from({ length: n }, (_, i) => i),
});

export type Inputs = Record<string, Input>;
export type Outputs = Record<string, Table>;
export type RowsOfInputs<R extends Inputs> = { [K in keyof R]: Row<R[K]['table']>[] };
export type RowsOfOutputs<W extends Outputs> = { [K in keyof W]: Row<W[K]>[] };

/** Ports say which implementation they are, so that changing the model or the sandbox makes old output stale. */
export type Ports = Record<string, { readonly id: string }>;

/** How far a long stage is. */
export type Progress = (done: number, total: number, label?: string) => void;

export interface StageContext<P, Q> {
  params: P;
  /** The round being made. */
  round: number;
  /** Text that, with a name appended, seeds every random choice of the stage. */
  seed: string;
  random: Random;
  ports: Q;
  progress: Progress;
}

export interface StageResult<W extends Outputs> {
  tables: RowsOfOutputs<W>;
  /** Candidates that did not make it, by reason code. */
  dropped?: Record<string, number>;
  /** What the ledger records. */
  usage?: { executions?: number; unique_executions?: number; cost_usd?: number; alignment_ms?: number };
}

/**
 * One step of a round: a pure function from tables to tables.
 * `run` sees only what the stage declares. It has no clock, environment, file or network access;
 * what must leave the process (a sandbox, a model endpoint, a trainer) comes in as a port.
 */
export interface Stage<
  R extends Inputs = any,
  W extends Outputs = any,
  P extends z.ZodObject = any,
  Q extends Ports = any,
> {
  name: string;
  /** Raise it when the same inputs should now give different output. */
  version: number;
  reads: R;
  writes: W;
  params: P;
  /** Names of the ports `run` uses. */
  ports: readonly (keyof Q & string)[];
  run(inputs: RowsOfInputs<R>, context: StageContext<z.infer<P>, Q>): Promise<StageResult<W>> | StageResult<W>;
}

export const defineStage = <R extends Inputs, W extends Outputs, P extends z.ZodObject, Q extends Ports>(
  stage: Stage<R, W, P, Q>,
): Stage<R, W, P, Q> => stage;

/** Everything that decides a stage's output. Two equal fingerprints mean equal tables. */
export interface Ingredients {
  stage: string;
  version: number;
  params: unknown;
  seed: string;
  /** Implementation behind each port. */
  ports: Record<string, string>;
  /** Digest of the columns of each table the stage writes. */
  schemas: Record<string, string>;
  /** Content digest of each input table and round, `table/round`. */
  inputs: Record<string, string>;
}

export const fingerprintOf = (ingredients: Ingredients): string => sha256(canonicalJson(ingredients));

export interface OutputFile {
  path: string;
  sha256: string;
}

export interface OutputRecord {
  files: OutputFile[];
  rows: number;
  /** Digest of the rows without their volatile columns: what later stages depend on. */
  digest: string;
}

/** What a finished stage leaves behind; it is written last, so a stage without one did not happen. */
export interface Manifest {
  fingerprint: string;
  ingredients: Ingredients;
  round: number;
  outputs: Record<string, OutputRecord>;
  dropped: Record<string, number>;
  wall_ms: number;
}

/** Where tables live. Implemented by pipeline/warehouse. */
export interface TableStore {
  read<T extends Table>(table: T, round: number): Promise<Row<T>[]>;
  /** Content digest of a table in a round, or null when no finished stage wrote it. */
  digest(table: Table, round: number): Promise<string | null>;
  manifest(round: number, stage: string): Promise<Manifest | null>;
  /** The files on disk are still the ones the manifest recorded. */
  isIntact(manifest: Manifest): Promise<boolean>;
  commit(
    manifest: Omit<Manifest, 'outputs'>,
    tables: readonly { table: Table; rows: readonly unknown[] }[],
  ): Promise<Manifest>;
}

/** Throws on two rows with the same key: nothing is written then. */
export function assertUniqueKey(stage: string, table: Table, rows: readonly Record<string, unknown>[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = canonicalJson(table.key.map((name) => row[name]));
    if (seen.has(key)) throw new Error(`${stage} wrote two rows of ${table.name} with key ${key}`);
    seen.add(key);
  }
}
