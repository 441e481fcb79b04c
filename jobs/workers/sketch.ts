import { workerData } from 'piscina';
import { loadSketchEngine } from '../../pipeline/sketch/load.ts';
import type { WorkerData } from '../../pipeline/sketch/spool/pool.ts';
import type { GradientSketch } from '../../pipeline/sketch/spool/rows.ts';
import { sketchTask } from '../../pipeline/sketch/spool/sketch-task.ts';

const data = workerData as WorkerData;
const engine = loadSketchEngine(data.engine);

/** Piscina entry: sketches one spooled task's folder. */
export default (folder: string): GradientSketch => sketchTask(engine, folder, data, () => performance.now());
