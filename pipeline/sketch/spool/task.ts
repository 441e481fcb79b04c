import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import { canonicalJson, sha256 } from '../../hash.ts';
import { type Placed, readCuts } from '../cuts.ts';
import { readHeader, type SafetensorsHeader } from '../safetensors.ts';
import { type Cover, coverageFault } from './coverage.ts';
import { handoverCovers } from './handover.ts';
import { listRanks, rankFile, readDone } from './layout.ts';
import { parseMetadata, type RankMetadata, SHARED_FIELDS, SKETCH_CONTRACT } from './metadata.ts';

export interface RankGradient {
  readonly path: string;
  readonly header: SafetensorsHeader;
  readonly metadata: RankMetadata;
}

/** A spooled task whose files agree with each other and hold every element once. */
export interface SpooledTask {
  readonly folder: string;
  /** Fields the ranks share are read off the first. */
  readonly metadata: RankMetadata;
  readonly ranks: readonly RankGradient[];
  /** Elements of the whole gradient. */
  readonly dimension: number;
  /** Hash of the tensors' names and sizes: sketches over different parameters do not compare. */
  readonly param_hash: string;
}

/** What the projection job expects of every task of a round. Left out means any. */
export type Expected = Partial<
  Pick<RankMetadata, 'round' | 'ckpt' | 'grad_kind' | 'precond_id' | 'loss' | 'reduction' | 'param_filter'>
> & {
  readonly param_hash?: string;
};

/**
 * Checks a task's folder before any value is read.
 * @throws DataError naming the file and the field: a task that throws here is refused, never scored in part.
 */
export function openTask(folder: string, expected: Expected = {}): SpooledTask {
  const { expected_numel, ranks: world } = readDone(folder);
  const ranks = openRanks(folder, world);
  const metadata = ranks[0]!.metadata;
  checkExpected(ranks[0]!, expected);
  const covers = ranks.flatMap(coversOf);
  const sizes = checkCoverage(folder, covers);
  const dimension = [...sizes.values()].reduce((sum, full) => sum + full, 0);
  if (dimension !== expected_numel)
    throw wrong(join(folder, '_DONE.json'), 'expected_numel', String(dimension), expected_numel);
  const param_hash = sha256(canonicalJson([...sizes].sort(([a], [b]) => (a < b ? -1 : 1))));
  if (expected.param_hash !== undefined && expected.param_hash !== param_hash) {
    throw wrong(ranks[0]!.path, 'parameters', `hash ${expected.param_hash}`, param_hash);
  }
  return { folder, metadata, ranks, dimension, param_hash };
}

function openRanks(folder: string, world: number): RankGradient[] {
  const { ranks, strangers } = listRanks(folder);
  if (strangers[0] !== undefined)
    throw wrong(join(folder, strangers[0]), 'file name', 'rank=00000-of-00001.safetensors', strangers[0]);
  const names = Array.from({ length: world }, (_, rank) => rankFile(rank, world));
  const missing = names.filter((name) => !ranks.includes(name));
  if (missing[0] !== undefined)
    throw wrong(join(folder, missing[0]), 'file', `all ${world} ranks`, `${ranks.length} files`);
  const extra = ranks.filter((name) => !names.includes(name));
  if (extra[0] !== undefined) throw wrong(join(folder, extra[0]), 'file', `${world} ranks`, extra[0]);
  const opened = names.map((name) => openRank(join(folder, name)));
  opened.forEach((rank, index) => {
    checkRank(rank, index, world, opened[0]!);
  });
  return opened;
}

function openRank(path: string): RankGradient {
  const header = readHeader(path);
  return { path, header, metadata: parseMetadata(header) };
}

function checkRank({ path, metadata }: RankGradient, index: number, world: number, first: RankGradient): void {
  if (metadata.rank !== index) throw wrong(path, 'rank', String(index), metadata.rank);
  if (metadata.world !== world) throw wrong(path, 'world', String(world), metadata.world);
  for (const field of SHARED_FIELDS) {
    if (metadata[field] !== first.metadata[field])
      throw wrong(path, field, `${first.metadata[field]} as in rank 0`, metadata[field]);
  }
}

function checkExpected({ path, metadata }: RankGradient, { param_hash: _, ...expected }: Expected): void {
  for (const [field, value] of Object.entries(expected)) {
    const found = metadata[field as keyof typeof expected];
    if (value !== undefined && found !== value) throw wrong(path, field, String(value), found);
  }
}

function coversOf({ header, metadata }: RankGradient): Cover[] {
  return metadata['sk.contract'] === SKETCH_CONTRACT ? handoverCovers(header, metadata) : readCuts(header).map(toCover);
}

const toCover = ({ tensor, offset, rows, full }: Placed): Cover => ({
  name: tensor.name,
  full,
  offset,
  count: tensor.count,
  length: rows?.length ?? Math.max(1, tensor.count),
  stride: rows?.stride ?? Math.max(1, tensor.count),
});

/** Elements per tensor. */
function checkCoverage(folder: string, covers: readonly Cover[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const [name, pieces] of Map.groupBy(covers, (cover) => cover.name)) {
    const fault = coverageFault(pieces);
    if (fault) throw wrong(folder, `tensor '${name}'`, 'each element in one rank', fault);
    sizes.set(name, pieces[0]!.full);
  }
  return sizes;
}

const wrong = (where: string, field: string, expected: string, found: unknown): DataError =>
  DataError.of({ where: `${where}, ${field}`, expected, found, fix: 'write the task again; nothing of it was scored' });
