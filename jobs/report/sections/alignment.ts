import { sha256 } from '../../../pipeline/hash.ts';
import { type Html, html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import { type Context, nothing, type Row, type Section } from '../section.ts';
import { decimal, percent, some, whole } from '../words.ts';

/** More dots than this are counted in cells instead. */
const mostDots = 5000;

/** What alignment says of each task beside how hard it is, and which were taken. */
export const alignment: Section = {
  id: 'alignment',
  title: 'Alignment against difficulty',
  queries: ['alignment_difficulty', 'selection_gain', 'selection'],
  draw({ alignment_difficulty: tasks, selection_gain, selection }, { round, links }) {
    if (tasks!.length === 0) return nothing('No task of this round has a gradient.');
    const gain = selection_gain!.find((row) => row.round === round);
    return {
      finding: gain
        ? html`The selection has a mean cosine of <b>${decimal(gain.selected_cosine)}</b>; a random draw of ${some(gain.selected_count, 'task')} from the same ${whole(gain.valid_count)} would have ${decimal(gain.random_cosine)} (95 %: ${decimal(gain.random_low)} to ${decimal(gain.random_high)}).`
        : html`${some(tasks!.length, 'task')} have a gradient; none was selected.`,
      body: [
        scatter(tasks!),
        legend([
          { label: 'selected', colour: colour.good },
          { label: 'not selected', colour: colour.quiet, shape: 'ring' },
        ]),
        note(tasks!.length),
        marginal(tasks!),
        chosen(selection!, links),
      ],
    };
  },
};

const note = (count: number): Html =>
  count > mostDots
    ? html`<p class="note">Too many tasks for a dot each: the shade of a cell counts the valid tasks in it, the dot those selected.</p>`
    : html`<p class="note">Each dot is a valid task with a gradient. Dots of equal pass rate are spread sideways by a hash of the task, so that they can be seen.</p>`;

function scatter(tasks: readonly Row[]): Html {
  const rates = new Set(tasks.map((task) => task.pass_rate)).size;
  const spread = 0.5 / Math.max(10, rates);
  const dots = tasks.map((task) => ({ ...task, x: task.pass_rate + spread * jitter(task.task_id) }) as Row);
  const shape = {
    label: 'Cosine to the validation direction against pass rate, selected tasks marked',
    height: 420,
    x: {
      label: 'pass rate of the Solver (left: hard)',
      tickFormat: (n: number) => `${Math.round(100 * n)}%`,
      domain: [-0.04, 1.04],
    },
    y: { label: 'cosine to the validation direction', grid: true, nice: true },
    color: { type: 'identity' as const },
  };
  const zero = Plot.ruleY([0], { stroke: colour.ink, strokeOpacity: 0.5 });
  if (dots.length <= mostDots) return chart({ ...shape, marks: [zero, ...single(dots)] });
  return chart({
    ...shape,
    marks: [
      Plot.rect(
        dots,
        Plot.bin({ fillOpacity: 'count' }, {
          x: { value: 'pass_rate', thresholds: 40 },
          y: { value: 'cosine', thresholds: 40 },
          fill: colour.accent,
          inset: 0.5,
        } as never) as never,
      ),
      zero,
      Plot.dot(
        dots.filter((task) => task.is_selected),
        Plot.bin({ r: 'count' }, {
          x: { value: 'pass_rate', thresholds: 40 },
          y: { value: 'cosine', thresholds: 40 },
          fill: colour.good,
        } as never) as never,
      ),
    ],
    r: { range: [1, 7] },
    opacity: { type: 'sqrt', range: [0.1, 0.9] },
  });
}

const single = (dots: readonly Row[]) =>
  [false, true].map((taken) =>
    Plot.dot(
      dots.filter((task) => task.is_selected === taken),
      {
        x: 'x',
        y: 'cosine',
        r: taken ? 4.5 : 3.5,
        ...(taken ? { fill: colour.good, stroke: 'var(--paper)' } : { stroke: colour.quiet, strokeOpacity: 0.8 }),
        ...(dots.length > 1500 ? {} : { title: (d: Row) => titleOf(d) }),
      },
    ),
  );

const titleOf = (task: Row): string =>
  `${task.task_id}\n${task.repository}: cosine ${decimal(task.cosine)}, pass rate ${percent(task.pass_rate)}${task.is_selected ? `\nselected, rank ${task.rank}` : ''}`;

/** -1 to 1, the same for the same task. */
const jitter = (id: string): number => Number.parseInt(sha256(id).slice(0, 8), 16) / 0x7fffffff - 1;

function marginal(tasks: readonly Row[]): Html {
  return chart({
    label: 'How cosines are spread, selected and not',
    height: 150,
    x: { label: 'cosine', nice: true },
    y: { label: 'tasks', ticks: 3, grid: true },
    color: { type: 'identity' },
    marks: [
      Plot.rectY(
        tasks,
        Plot.binX({ y: 'count' }, {
          x: { value: 'cosine', thresholds: 32 },
          z: 'is_selected',
          fill: (d: Row) => (d.is_selected ? 'var(--good)' : 'var(--quiet)'),
          fillOpacity: 0.85,
          order: ['var(--good)'],
          insetRight: 1,
        } as never) as never,
      ),
      Plot.ruleY([0], { stroke: colour.line }),
    ],
  });
}

const chosen = (selection: readonly Row[], links: Context['links']): Html =>
  selection.length === 0
    ? html`<p class="empty">Nothing was selected in this round.</p>`
    : html`<h3>The selection</h3><div class="scroll" tabindex="0" role="region" aria-label="The selection"><table><thead><tr><th scope="col" class="number">rank</th><th scope="col">task</th><th scope="col">library</th><th scope="col">drills</th><th scope="col" class="number">cosine</th><th scope="col" class="number">pass rate</th></tr></thead>
<tbody>${selection
        .slice(0, 20)
        .map(
          (row) =>
            html`<tr><td class="number">${row.rank}</td><td>${links.task(row.task_id)}</td><td>${row.repository}</td><td>${row.skill_id ? links.skill(row.skill_id, row.skill ?? undefined) : 'no skill'}</td><td class="number">${decimal(row.cosine)}</td><td class="number">${percent(row.pass_rate)}</td></tr>\n`,
        )}</tbody></table></div>${selection.length > 20 ? html`<p class="note">The first 20 of ${selection.length}, by ${selection[0]!.policy}.</p>` : ''}`;
