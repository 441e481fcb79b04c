import { type Random, seededRandom } from '../../../pipeline/random.ts';
import { type ActionSpace, actionSpace, type EditPlace } from '../../../pipeline/solver/action-space.ts';
import { OutcomeTable } from '../../../pipeline/solver/outcomes.ts';
import type { EditOutcome } from '../../../pipeline/solver/types.ts';
import type { TrainingTask } from '../../../pipeline/training/trainer.ts';

/** A made-up task whose outcomes are all known, but not to the Solver. */
export interface WorldTask extends TrainingTask {
  truth: readonly (EditOutcome | null)[];
  repairs: readonly number[];
  /** How often each action was executed. */
  executed: number[];
}

export interface WorldOptions {
  seed: string;
  tasks: number;
  functions?: number;
  edits?: number;
  buckets?: number;
  /** Chance that a repair, and the function that holds it, carry the telling feature. Others carry it with chance .1. */
  signal?: number;
  /** Chance that a wrong edit is a partial repair. */
  partial?: number;
}

const OPERATORS = ['cmp_flip', 'name_swap', 'arith', 'ret_drop', 'cond_neg'];

export const outcome = (name: EditOutcome['class'], over: Partial<EditOutcome> = {}): EditOutcome => ({
  class: name,
  fail_to_pass_fraction: name === 'fixed' ? 1 : name === 'partial' ? 0.5 : 0,
  visible_ok: name === 'fixed',
  pass_to_pass_fraction: 1,
  full: false,
  ...over,
});

/** Tasks in which features tell, with some noise, where the repair is: something to be learned. */
export function makeWorld(options: WorldOptions): WorldTask[] {
  return Array.from({ length: options.tasks }, (_, i) => makeTask(`task_${String(i).padStart(4, '0')}`, options));
}

function makeTask(
  task_id: string,
  { seed, functions = 4, edits = 15, buckets = 1024, signal = 0.9, partial = 0.03 }: WorldOptions,
): WorldTask {
  const random = seededRandom(`${seed}|world|${task_id}`);
  const pick = (n: number) => Math.floor(random() * n);
  const truth: (EditOutcome | null)[] = new Array(functions).fill(null);
  const target = pick(functions);
  const repairAt = pick(edits);
  const rows: number[][] = [];
  for (let f = 0; f < functions; f++) rows.push([1, 2 + f, 10 + telling(random, f === target, signal), 100 + pick(60)]);
  const places: EditPlace[][] = [];
  for (let f = 0; f < functions; f++) {
    const list: EditPlace[] = [];
    for (let e = 0; e < edits; e++) {
      const isRepair = f === target && e === repairAt;
      const operator = pick(OPERATORS.length);
      list.push({ operator: OPERATORS[operator]!, line: Math.floor(e / 3), site: `${Math.floor(e / 2)}` });
      rows.push([20, 21 + operator, 30 + telling(random, isRepair, signal), 200 + pick(buckets - 200), 60 + pick(30)]);
      truth.push(isRepair ? outcome('fixed', { full: true }) : wrong(random, partial));
    }
    places.push(list);
  }
  const space: ActionSpace = actionSpace(places, featuresOf(rows));
  const repairs = truth.flatMap((row, action) => (row?.full ? [action] : []));
  return { task_id, space, truth, repairs, outcomes: new OutcomeTable(space.size), executed: truth.map(() => 0) };
}

const telling = (random: Random, isTrue: boolean, signal: number): number =>
  random() < (isTrue ? signal : 0.1) ? 1 : 0;

function wrong(random: Random, partial: number): EditOutcome {
  const fixed = 0.25 + 0.5 * random();
  if (random() < partial) return outcome('partial', { fail_to_pass_fraction: fixed, pass_to_pass_fraction: 0.9 });
  const u = random();
  if (u < 0.02) return outcome('fixed', { visible_ok: random() < 0.5, pass_to_pass_fraction: 0.8 });
  if (u < 0.04) return outcome('timeout');
  if (u < 0.07) return outcome('broken');
  return outcome(u < 0.55 ? 'same' : 'different');
}

export function featuresOf(rows: readonly (readonly number[])[]): { ids: Uint32Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) offsets[i + 1] = offsets[i]! + row.length;
  return { ids: Uint32Array.from(rows.flat()), offsets };
}

/** Executes edits of a task by looking them up, and counts. */
export const executeIn =
  (task: WorldTask) =>
  async (actions: readonly number[]): Promise<EditOutcome[]> =>
    actions.map((action) => {
      task.executed[action]!++;
      return task.truth[action]!;
    });

/** A table that knows everything from the start. */
export function knownOutcomes(task: WorldTask): OutcomeTable {
  const table = new OutcomeTable(task.space.size);
  for (const [action, row] of task.truth.entries()) if (row) table.set(action, row);
  return table;
}
