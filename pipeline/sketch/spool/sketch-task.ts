import { basename, dirname } from 'node:path';
import { DataError } from '../../errors.ts';
import type { SketchEngine } from '../engine.ts';
import { readHeader } from '../safetensors.ts';
import { emptySketch, finishSketch, type Sketch } from '../sketch.ts';
import type { SketchSpec } from '../spec.ts';
import { addHandover } from './handover.ts';
import type { HandoverMetadata } from './metadata.ts';
import { SKETCH_CONTRACT } from './metadata.ts';
import { type GradientSketch, type ReferenceGradient, refusedRow, sketchedRow } from './rows.ts';
import { type Expected, openTask, type SpooledTask } from './task.ts';

export interface Projection {
  readonly spec: SketchSpec;
  readonly references: readonly ReferenceGradient[];
  readonly expected: Expected;
}

/** Sketches one spooled task. What is wrong with the task ends up in its row; only our own bugs are thrown. */
export function sketchTask(
  engine: SketchEngine,
  folder: string,
  { spec, references, expected }: Projection,
  now: () => number,
): GradientSketch {
  const started = now();
  try {
    const task = openTask(folder, expected);
    const sketch = sketchRanks(engine, task, spec, references);
    return sketchedRow(task, sketch, references, engine.isa, now() - started);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return refusedRow(placeOf(folder), spec, error.message, engine.isa, now() - started);
  }
}

/** Ranks ascend: fp64 sums are added in one order, whoever does it. */
function sketchRanks(
  engine: SketchEngine,
  task: SpooledTask,
  spec: SketchSpec,
  references: readonly ReferenceGradient[],
): Sketch {
  const sketch = emptySketch(spec);
  const paths = references.map(({ path }) => path);
  for (const { path, header, metadata } of task.ranks) {
    if (metadata['sk.contract'] === SKETCH_CONTRACT) addHandover(sketch, header, metadata as HandoverMetadata);
    else engine.addFile(sketch, path, paths);
  }
  return sketch;
}

/** What the folder's own name says, for tasks whose files say nothing. */
function placeOf(folder: string): { round: number; task_id: string } {
  const round = /round=(\d+)/.exec(dirname(dirname(folder)))?.[1];
  return { round: Number(round ?? 0), task_id: decodeURIComponent(basename(folder).replace(/^task=/, '')) };
}

/** A reference gradient ready for use. @throws DataError where it cannot be read or has no direction. */
export function openReference(
  engine: SketchEngine,
  spec: SketchSpec,
  { id, path }: { id: string; path: string },
): ReferenceGradient {
  readHeader(path);
  const sketch = emptySketch(spec);
  engine.addFile(sketch, path);
  const { norm2, nonfinite } = sketch.stats;
  if (nonfinite > 0 || norm2 === 0) {
    const found = nonfinite ? `${nonfinite} values that are not` : 'only zeros';
    throw DataError.of({
      where: path,
      expected: 'a reference gradient of finite values',
      found,
      fix: 'average the validation gradients again',
    });
  }
  return { id, path, norm2, sketch: finishSketch(sketch) };
}
