import { mapLimit } from '../concurrency.ts';
import type { BundleFile } from './bundle.ts';
import type { CuratedTask } from './curated.ts';
import { evalLog, type ProofOptions, rewardOf, Stage } from './proof.ts';
import type { SwebenchRow } from './swebench-row.ts';

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
      (await rewardOf(stage, task.repository_id, { model_patch }, options)).reward ?? Number.NaN;
    const broken = await rewardFor(null);
    const fixed = await rewardFor(key.fix_patch);
    const untouched = await rewardFor('');
    return { task_id: task.task_id, broken, fixed, untouched };
  } finally {
    await stage.close();
  }
}

/** The same of SWE-bench's evaluation script: 1 where every test of the row passes in what it printed. */
export async function proveSwebench(
  { task, key }: CuratedTask,
  row: SwebenchRow,
  files: readonly BundleFile[],
  options: ProofOptions,
): Promise<Proof> {
  const stage = await Stage.of(files);
  const { eval_script, base_commit } = row;
  const resolvedBy = async (model_patch: string | null) =>
    resolved(row, await evalLog(stage, task.repository_id, { model_patch, eval_script, base_commit }, options));
  try {
    const broken = await resolvedBy(null);
    const fixed = await resolvedBy(key.fix_patch);
    const untouched = await resolvedBy('');
    return { task_id: task.task_id, broken, fixed, untouched };
  } finally {
    await stage.close();
  }
}

/** 1 when the TAP between the markers passes every test, 0 when it fails one, NaN when there is no such TAP. */
function resolved({ FAIL_TO_PASS, PASS_TO_PASS }: SwebenchRow, log: string): number {
  const output = /Start Test Output'\n([\s\S]*)\n\+ : '>>>>> End Test Output/.exec(log)?.[1] ?? '';
  const lines = [...output.matchAll(/^(ok|not ok) \d+ (.+)$/gm)];
  const asked: string[] = [...JSON.parse(FAIL_TO_PASS), ...JSON.parse(PASS_TO_PASS)];
  if (lines.length !== asked.length) return Number.NaN;
  const passed = new Set(lines.filter(([, word]) => word === 'ok').map(([, , name]) => name));
  return asked.every((name) => passed.has(name)) ? 1 : 0;
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
