import { mapLimit } from '../concurrency.ts';
import type { BundleFile } from './bundle.ts';
import type { CuratedTask } from './curated.ts';
import { type ProofOptions, rewardOf, Stage } from './proof.ts';

/** What a task's verifier gave for nothing handed in, for the fix, and for a patch that changes nothing. */
export interface Proof {
  task_id: string;
  broken: number;
  fixed: number;
  untouched: number;
}

/** 0 / 1 / 0, or the task is not what it says. */
export const isSound = ({ broken, fixed, untouched }: Proof): boolean => broken === 0 && fixed === 1 && untouched === 0;

/** Runs the exported verifier of a Harbor task three times in our own sandbox. */
export async function proveHarbor(
  { task, key }: CuratedTask,
  files: readonly BundleFile[],
  options: ProofOptions,
): Promise<Proof> {
  const stage = await Stage.of(files);
  try {
    const rewardFor = async (model_patch: string | null) =>
      (await rewardOf(stage, task.language, { model_patch }, options)).reward ?? Number.NaN;
    const broken = await rewardFor(null);
    const fixed = await rewardFor(key.fix_patch);
    const untouched = await rewardFor('');
    return { task_id: task.task_id, broken, fixed, untouched };
  } finally {
    await stage.close();
  }
}

/** Proofs of many tasks, some at a time, in the order of the tasks. */
export const proveAll = (
  tasks: readonly CuratedTask[],
  prove: (task: CuratedTask) => Promise<Proof>,
  options: { workers: number; progress: (done: number, total: number) => void },
): Promise<Proof[]> => {
  let done = 0;
  return mapLimit(tasks, options.workers, async (task) => {
    const proof = await prove(task);
    options.progress(++done, tasks.length);
    return proof;
  });
};
