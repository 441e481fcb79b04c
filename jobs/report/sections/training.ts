import { type Against, sharedTasks } from '../against.ts';
import { html } from '../html.ts';
import { nothing, type Row, type Section } from '../section.ts';
import { decimal, percent, some } from '../words.ts';
import { against, curve, parts, slopes } from './training-charts.ts';

/** Whether it helped: tasks of repositories that nothing was trained on. */
export const training: Section = {
  id: 'training',
  title: 'Did it help? Held-out tasks before and after training',
  queries: ['rounds', 'training_tasks', 'selection_gain', 'reward_parts'],
  draw({ rounds, training_tasks: tasks, selection_gain, reward_parts }, { against: other }) {
    const known = rounds!.filter((row) => row.repair_after !== null);
    if (known.length === 0) return nothing('No checkpoint was evaluated on held-out tasks.');
    const paired = pairedChange(tasks!);
    return {
      finding: paired
        ? html`Held-out repair went from ${percent(paired.before, 1)} to <b>${percent(paired.after, 1)}</b>: a change of ${points(paired.mean)} points (95 %: ${points(paired.low)} to ${points(paired.high)}, paired over ${some(tasks!.length, 'task')}, one seed). ${paired.better} tasks got better, ${paired.worse} worse, ${paired.same} stayed.`
        : html`Held-out repair is <b>${percent(known.at(-1)!.repair_after, 1)}</b>; there is no round before to compare with.`,
      body: [
        html`<div class="pair"><div><h3>Held-out repair by round</h3>${curve(known, other)}</div><div><h3>Held-out libraries, before and after</h3>${tasks!.length > 0 ? slopes(tasks!) : html`<p class="empty">No task was attempted both before and after.</p>`}</div></div>`,
        html`<p class="note">Whiskers: 95 % over tasks. One line per library, its thickness by its tasks.</p>`,
        ...(other ? [versus(tasks!, other)] : []),
        ...(selection_gain!.length > 0 ? [against(selection_gain!)] : []),
        ...(reward_parts!.length > 0 ? [parts(reward_parts!)] : []),
      ],
    };
  },
};

/** The same round with another selection: each held-out task is its own control. */
function versus(tasks: readonly Row[], other: Against) {
  const shared = sharedTasks(tasks, other.tasks);
  const paired = pairedChange(shared);
  if (!paired) return html`<p class="note">No held-out task was attempted in both data folders.</p>`;
  return html`<p data-testid="versus">Against the same round selected by <em>${other.label}</em>: ${percent(paired.after, 1)} here, ${percent(paired.before, 1)} there, a difference of <b>${points(paired.mean)}</b> points (95 %: ${points(paired.low)} to ${points(paired.high)}, paired over ${some(shared.length, 'task')}, one seed).</p>`;
}

const points = (share: number): string => decimal(100 * share, 1);

interface Paired {
  before: number;
  after: number;
  mean: number;
  low: number;
  high: number;
  better: number;
  worse: number;
  same: number;
}

/** Mean change with its interval over tasks; each task is its own control. */
export function pairedChange(tasks: readonly Row[]): Paired | null {
  if (tasks.length === 0) return null;
  const changes = tasks.map((task) => task.change as number);
  const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const mean = average(changes);
  const variance = changes.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, changes.length - 1);
  const error = 1.96 * Math.sqrt(variance / changes.length);
  return {
    before: average(tasks.map((task) => task.repair_before)),
    after: average(tasks.map((task) => task.repair_after)),
    mean,
    low: mean - error,
    high: mean + error,
    better: changes.filter((x) => x > 0).length,
    worse: changes.filter((x) => x < 0).length,
    same: changes.filter((x) => x === 0).length,
  };
}
