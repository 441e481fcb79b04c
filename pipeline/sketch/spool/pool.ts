import { Piscina } from 'piscina';
import { type LoadOptions, loadSketchEngine } from '../load.ts';
import type { SketchSpec } from '../spec.ts';
import { type DrainReport, drainSpool } from './drain.ts';
import { projectionId, type ReferenceGradient } from './rows.ts';
import { openReference } from './sketch-task.ts';
import type { Expected } from './task.ts';

export interface PoolOptions {
  readonly spool: string;
  readonly parts: string;
  readonly spec: SketchSpec;
  /** Reference gradients, the first for the cosine: whole tensors in safetensors files. */
  readonly references: readonly { id: string; path: string }[];
  readonly expected: Expected;
  readonly engine: Pick<LoadOptions, 'library' | 'requireNative'>;
  readonly workers: number;
  readonly rowsPerPart: number;
  /** Worker entry: jobs/workers/sketch.ts. */
  readonly entry: URL;
}

/** What each worker gets at its start. */
export interface WorkerData {
  readonly spec: SketchSpec;
  readonly references: readonly ReferenceGradient[];
  readonly expected: Expected;
  readonly engine: PoolOptions['engine'];
}

/** Drains the spool on worker threads. Rows do not depend on how many there are, or on which one dies. */
export async function drainWithPool(options: PoolOptions): Promise<DrainReport & { isa: string }> {
  const { spool, parts, spec, expected, workers, rowsPerPart } = options;
  const engine = loadSketchEngine(options.engine);
  const references = options.references.map((reference) => openReference(engine, spec, reference));
  const isa = engine.isa;
  engine.close();
  const workerData: WorkerData = { spec, references, expected, engine: options.engine };
  const pool = new Piscina({ filename: options.entry.href, workerData, minThreads: workers, maxThreads: workers });
  try {
    const sketch = (folder: string) => pool.run(folder);
    return {
      isa,
      ...(await drainSpool({ spool, parts, sketch, width: workers, rowsPerPart, projection_id: projectionId(spec) })),
    };
  } finally {
    await pool.destroy();
  }
}
