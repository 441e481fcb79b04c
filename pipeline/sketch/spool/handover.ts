import * as z from 'zod';
import { DataError } from '../../errors.ts';
import { readDoubles, type SafetensorsHeader } from '../safetensors.ts';
import { MAX_REFERENCES, mergeSketch, type Sketch } from '../sketch.ts';
import { checkSpec, type SketchSpec } from '../spec.ts';
import type { Cover } from './coverage.ts';
import type { HandoverMetadata, RankMetadata } from './metadata.ts';

/** The tensor that carries a rank's unscaled fp64 totals. */
export const TOTALS = 'sk.totals';

const Whole = z.int().nonnegative();
const Stats = z.strictObject({
  norm2: z.number(),
  absmax: z.number(),
  n: Whole,
  zeros: Whole,
  nonfinite: Whole,
  dot: z.array(z.number()).max(MAX_REFERENCES),
});
const Covers = z.array(
  z.strictObject({
    name: z.string(),
    full: Whole,
    offset: Whole,
    count: Whole,
    length: Whole.min(1),
    stride: Whole.min(1),
  }),
);

/** Which elements went into a rank's sketch. @throws DataError naming file and field. */
export const handoverCovers = (header: SafetensorsHeader, metadata: RankMetadata): Cover[] =>
  parse(header, 'coverage', Covers, (metadata as HandoverMetadata).coverage);

/** Adds a rank's sketch. @throws DataError for another matrix, or totals that are not k doubles. */
export function addHandover(sketch: Sketch, header: SafetensorsHeader, metadata: HandoverMetadata): void {
  const spec: SketchSpec = checkSpec(
    { seed: metadata.seed, k: metadata.k, s: metadata.s },
    `${header.path}, __metadata__`,
  );
  for (const field of ['seed', 'k', 's'] as const) {
    if (spec[field] !== sketch.spec[field])
      throw wrong(header, `__metadata__.${field}`, String(sketch.spec[field]), spec[field]);
  }
  const totals = header.tensors.find(({ name }) => name === TOTALS);
  if (header.tensors.length !== 1 || totals?.dtype !== 'F64' || totals.count !== spec.k) {
    throw wrong(header, `tensor '${TOTALS}'`, `${spec.k} values of F64, and no other tensor`, header.tensors);
  }
  const { dot, ...stats } = parse(header, 'stats', Stats, metadata.stats);
  const padded = new Float64Array(MAX_REFERENCES);
  padded.set(dot);
  mergeSketch(sketch, { spec, totals: readDoubles(header, totals), stats: { ...stats, dot: padded } });
}

function parse<T>(header: SafetensorsHeader, field: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw wrong(header, `__metadata__.${field}`, 'JSON as the contract says', (error as Error).message);
  }
}

const wrong = ({ path }: SafetensorsHeader, field: string, expected: string, found: unknown): DataError =>
  DataError.of({ where: `${path}, ${field}`, expected, found, fix: 'sketch every rank with one seed, k and s' });
