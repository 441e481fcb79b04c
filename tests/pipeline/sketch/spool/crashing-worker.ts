import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'piscina';
import { loadSketchEngine } from '../../../../pipeline/sketch/load.ts';
import type { WorkerData } from '../../../../pipeline/sketch/spool/pool.ts';
import { sketchTask } from '../../../../pipeline/sketch/spool/sketch-task.ts';

const data = workerData as WorkerData;
const engine = loadSketchEngine(data.engine);

/** As jobs/workers/sketch.ts, but the first worker to meet `task=crash` dies, and every one that meets `task=doomed`. */
export default (folder: string) => {
  const once = join(folder, '..', 'crashed');
  if (folder.endsWith('task=crash') && !existsSync(once)) {
    writeFileSync(once, '');
    process.exit(9);
  }
  if (folder.endsWith('task=doomed')) process.exit(9);
  return sketchTask(engine, folder, data, () => 0);
};
