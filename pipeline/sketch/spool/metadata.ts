import * as z from 'zod';
import { DataError } from '../../errors.ts';
import { CONTRACT } from '../cuts.ts';
import type { SafetensorsHeader } from '../safetensors.ts';

/** Contract of a rank that hands over its sketch instead of its gradient. */
export const SKETCH_CONTRACT = 'socratic-sketch/1';

const Digits = z.string().regex(/^\d{1,15}$/, 'expected a whole number');
const Whole = Digits.transform(Number);
const Decimal = z
  .string()
  .regex(/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'expected a number')
  .transform(Number);
const Json = z.string();

const common = {
  round: Whole,
  split: z.enum(['candidate', 'val']),
  task_id: z.string().min(1),
  /** SHA-256 of the Solver's weights. */
  ckpt: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hex digits'),
  loss: z.enum(['grpo', 'gdpo', 'nll_mean']),
  grad_kind: z.enum(['sgd', 'adam', 'diag']),
  /** Which optimiser state or weights; empty for sgd. */
  precond_id: z.string(),
  reduction: z.enum(['sum', 'mean_tokens']),
  n_rollouts: Whole,
  n_tokens: Whole,
  loss_value: Decimal,
  rank: Whole,
  world: Whole,
  param_filter: z.string(),
  /** Written by some libraries; means nothing here. */
  format: z.string().optional(),
};

const Gradient = z.strictObject({ 'sk.contract': z.literal(CONTRACT), ...common, pieces: Json.optional() });

const Handover = z.strictObject({
  'sk.contract': z.literal(SKETCH_CONTRACT),
  ...common,
  algo: z.literal('tps-sjlt'),
  algo_version: z.literal('1'),
  seed: z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(BigInt),
  k: Whole,
  s: Whole,
  /** JSON, as in `SketchStats`; 64-bit floats in their shortest form. */
  stats: Json,
  /** JSON: every piece that went in, so that gaps and overlaps still show. */
  coverage: Json,
});

/** What a rank's file says of itself: all of it strings in the file, checked and typed here. */
export type GradientMetadata = z.infer<typeof Gradient>;
export type HandoverMetadata = z.infer<typeof Handover>;
export type RankMetadata = GradientMetadata | HandoverMetadata;

/** @throws DataError naming file and field. */
export function parseMetadata({ path, metadata }: SafetensorsHeader): RankMetadata {
  const isSketch = metadata['sk.contract'] === SKETCH_CONTRACT;
  const parsed = (isSketch ? Handover : Gradient).safeParse(metadata);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const field = issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '');
  const found = metadata[field] ?? 'nothing';
  throw DataError.of({
    where: `${path}, __metadata__.${field}`,
    expected: issue.message,
    found,
    fix: 'write it with socratic_sketch.py',
  });
}

/** Fields that all ranks of a task share. The rest (rank, pieces) is each file's own. */
export const SHARED_FIELDS = [
  'sk.contract',
  'round',
  'split',
  'task_id',
  'ckpt',
  'loss',
  'grad_kind',
  'precond_id',
  'reduction',
  'n_rollouts',
  'n_tokens',
  'loss_value',
  'world',
  'param_filter',
] as const satisfies readonly (keyof RankMetadata)[];
