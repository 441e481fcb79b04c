import {
  count,
  defineTable,
  duration,
  floats,
  id,
  listOf,
  oneOf,
  optional,
  type Row,
  real,
  text,
  whole,
} from '../../../schemas/table.ts';
import type { Sketch } from '../sketch.ts';
import { finishSketch } from '../sketch.ts';
import { ALGO, ALGO_VERSION, type SketchSpec } from '../spec.ts';
import type { SpooledTask } from './task.ts';

/** One row per spooled task (SPEC.md, the row). A task that could not be sketched has a row too, with the reason and nulls. */
export const GradientSketches = defineTable('gradient_sketches', {
  doc: "Projection of one task's gradient, as a trainer spooled it. Only rows that agree in algo, version, seed, k, s, ckpt, grad_kind, precond_id and param_hash compare.",
  key: ['task_id', 'ckpt', 'projection_id'],
  columns: {
    round: count('Round the gradient belongs to.'),
    task_id: id('Task.'),
    split: oneOf(
      ['candidate', 'val', 'unknown'],
      'Candidate, or trusted validation task; unknown where no file could be read.',
    ),
    ckpt: text('SHA-256 of the Solver weights; empty where no file could be read.'),
    projection_id: id('algo, version, seed, k and s in one word.'),
    algo: text('Sketch algorithm.'),
    algo_version: count('Rises with any change of bits.'),
    seed: text('Unsigned 64-bit seed, decimal.'),
    k: count('Length of the sketch.'),
    s: count('Non-zeros per coordinate.'),
    grad_kind: text('sgd, adam or diag.'),
    precond_id: text('Optimiser state or weights behind adam and diag.'),
    param_hash: text("Hash of the tensors' names and sizes."),
    dimension: whole('Elements of the whole gradient.'),
    rank_count: count('Files it came in.'),
    status: oneOf(['complete', 'no_gradient', 'refused'], 'Whether it may be scored.'),
    reason: optional(text('Why it may not: file, field, expected, found.')),
    norm2: optional(real('Exact squared norm.')),
    ref_ids: listOf(text('Reference gradient.'), 'Reference gradients, in order.'),
    dot_ref: listOf(real('Exact dot product.'), 'Exact dot products with the references.'),
    cos_exact: optional(real('Exact cosine to the first reference.')),
    cos_sketch: optional(real('The same from the sketches.')),
    nonfinite_count: whole('NaN and infinite values.'),
    zero_count: whole('Zeros.'),
    loss: optional(real('Value of the loss.')),
    sketch: floats('k floats; empty unless complete.'),
    isa: text('Implementation that ran. All give the same bits.'),
    wall_ms: duration('Reading and sketching.'),
  },
});
export type GradientSketch = Row<typeof GradientSketches>;

/** A reference gradient, its exact norm and its sketch. */
export interface ReferenceGradient {
  readonly id: string;
  readonly path: string;
  readonly norm2: number;
  readonly sketch: Float32Array;
}

export const projectionId = ({ seed, k, s }: SketchSpec): string =>
  `${ALGO}/${ALGO_VERSION} k=${k} s=${s} seed=${seed}`;

const base = (spec: SketchSpec, isa: string, wall_ms: number) => ({
  projection_id: projectionId(spec),
  algo: ALGO,
  algo_version: ALGO_VERSION,
  seed: String(spec.seed),
  k: spec.k,
  s: spec.s,
  isa,
  wall_ms,
});

const unscored = { cos_exact: null, cos_sketch: null, sketch: [] };

/** The row of a task that was refused: nothing in it can be scored. */
export const refusedRow = (
  place: { round: number; task_id: string },
  spec: SketchSpec,
  reason: string,
  isa: string,
  wall_ms: number,
): GradientSketch => ({
  ...base(spec, isa, wall_ms),
  ...place,
  split: 'unknown',
  ckpt: '',
  grad_kind: '',
  precond_id: '',
  param_hash: '',
  dimension: 0,
  rank_count: 0,
  status: 'refused',
  reason,
  norm2: null,
  ref_ids: [],
  dot_ref: [],
  nonfinite_count: 0,
  zero_count: 0,
  loss: null,
  ...unscored,
});

/** The row of a task whose files are all there. A gradient that is zero or not finite has no direction, hence no cosine. */
export function sketchedRow(
  task: SpooledTask,
  sketch: Sketch,
  references: readonly ReferenceGradient[],
  isa: string,
  wall_ms: number,
): GradientSketch {
  const { round, task_id, split, ckpt, grad_kind, precond_id, loss_value } = task.metadata;
  const { norm2, nonfinite, zeros, dot } = sketch.stats;
  const finished = finishSketch(sketch);
  const reason = noDirection(sketch, finished);
  const scored = reason
    ? {
        status: 'no_gradient' as const,
        reason,
        norm2: Number.isFinite(norm2) ? norm2 : null,
        ref_ids: [],
        dot_ref: [],
        ...unscored,
      }
    : { status: 'complete' as const, reason: null, norm2, ...cosines(finished, norm2, dot, references) };
  return {
    ...base(sketch.spec, isa, wall_ms),
    round,
    task_id,
    split,
    ckpt,
    grad_kind,
    precond_id,
    param_hash: task.param_hash,
    dimension: task.dimension,
    rank_count: task.ranks.length,
    nonfinite_count: nonfinite,
    zero_count: zeros,
    loss: loss_value,
    ...scored,
  };
}

function noDirection({ stats }: Sketch, finished: Float32Array): string | null {
  if (stats.nonfinite > 0) return `${stats.nonfinite} values are NaN or infinite`;
  if (stats.norm2 === 0) return 'the gradient is zero: all rollouts agree';
  if (!finished.every(Number.isFinite)) return 'sums overflow fp32: scale the loss down';
  return null;
}

function cosines(finished: Float32Array, norm2: number, dot: Float64Array, references: readonly ReferenceGradient[]) {
  const [first] = references;
  const withFirst = (product: number, lengths: number): number | null =>
    first && lengths > 0 ? product / Math.sqrt(lengths) : null;
  return {
    ref_ids: references.map(({ id }) => id),
    dot_ref: [...dot.subarray(0, references.length)],
    cos_exact: withFirst(dot[0]!, norm2 * (first?.norm2 ?? 0)),
    cos_sketch: first
      ? withFirst(product(finished, first.sketch), product(finished, finished) * product(first.sketch, first.sketch))
      : null,
    sketch: [...finished],
  };
}

const product = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
