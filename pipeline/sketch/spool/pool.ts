import { loadSketchEngine } from '../load.ts';
import type { SketchSpec } from '../spec.ts';
import { deviceLanes } from './device-lanes.ts';
import { type DrainReport, drainSpool } from './drain.ts';
import { chooseDevices, type DeviceChoice, type EngineOptions, processorLanes } from './lanes.ts';
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
  readonly engine: Pick<EngineOptions, 'library' | 'requireNative'>;
  /** Where gradients are summed; see DEVICES. On devices there is one worker for each. */
  readonly device: DeviceChoice;
  /** Worker threads on the processor. */
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
  readonly engine: EngineOptions;
}

/** Drains the spool on worker threads. Rows do not depend on how many there are, where they sum, or which one dies. */
export async function drainWithPool(options: PoolOptions): Promise<DrainReport & { isa: string }> {
  const { spool, parts, spec, expected, engine, entry, rowsPerPart } = options;
  const { references, isa } = openReferences(options);
  const devices = chooseDevices(options.device, engine);
  const workerData: WorkerData = { spec, references, expected, engine };
  const lanes =
    devices > 0 ? deviceLanes(entry, workerData, devices) : processorLanes(entry, workerData, options.workers);
  try {
    const { sketch, width } = lanes;
    const report = await drainSpool({ spool, parts, sketch, width, rowsPerPart, projection_id: projectionId(spec) });
    return { isa: devices > 0 ? 'cuda' : isa, ...report };
  } finally {
    await lanes.close();
  }
}

/** Sketched on the processor, whatever does the tasks: the bits are the same. */
function openReferences({ engine: options, spec, references }: PoolOptions) {
  const engine = loadSketchEngine(options);
  try {
    return { references: references.map((reference) => openReference(engine, spec, reference)), isa: engine.isa };
  } finally {
    engine.close();
  }
}
