import { workerData } from 'piscina';
import { loadSketchEngine } from '../../pipeline/sketch/load.ts';
import type { WorkerData } from '../../pipeline/sketch/spool/pool.ts';
import type { GradientSketch } from '../../pipeline/sketch/spool/rows.ts';
import { sketchTask } from '../../pipeline/sketch/spool/sketch-task.ts';

const data = workerData as WorkerData;
let engine = loadSketchEngine(data.engine);

/** Piscina entry: sketches one spooled task's folder. */
export default (folder: string): GradientSketch => {
  try {
    return sketchTask(engine, folder, data, () => performance.now());
  } catch (error) {
    // A failed device's context is of no more use: the next task gets a new one.
    engine.close();
    engine = loadSketchEngine(data.engine);
    throw error;
  }
};

/** Frees what the engine holds; a thread that ends does not. */
export const close = (): void => engine.close();
