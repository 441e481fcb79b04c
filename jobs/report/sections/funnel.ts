import { html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import { type Context, nothing, type Row, type Section } from '../section.ts';
import { percent, seconds, some, whole, words } from '../words.ts';

/** What a candidate goes through, cheapest first. */
const steps = [
  [1, 'format'],
  [2, 'grounding'],
  [3, 'execution'],
  [4, 'semantics'],
  [5, 'gradient'],
  [6, 'selection'],
] as const;

interface Step {
  name: string;
  entered: number;
  left: number;
  /** Where the candidates that end here begin and end on the axis. */
  lost: { reason: string; count: number; from: number; to: number; place: number }[];
}

/** Where the candidates of the round went. */
export const funnel: Section = {
  id: 'funnel',
  title: 'From candidates to a training set',
  queries: ['funnel', 'gate_time'],
  draw({ funnel: fates, gate_time }, context) {
    const flow = stepsOf(fates!);
    const total = flow[0]!.entered;
    if (total === 0) return nothing('No candidate was made in this round.');
    const selected = fates!.find((row) => row.step === 'selected')?.task_count ?? 0;
    const valid = flow.find((step) => step.name === 'gradient')!.entered;
    const [worst] = fates!
      .filter((row) => row.step_index < 5)
      .sort((a, b) => b.task_count - a.task_count || (a.reason < b.reason ? -1 : 1));
    return {
      finding: html`<b>${whole(valid)}</b> of ${whole(total)} candidates (${percent(valid / total)}) passed all four gates; <b>${whole(selected)}</b> were selected. ${worst ? html`Most were refused for <em>${words(worst.reason)}</em> (${whole(worst.task_count)}, by the ${worst.step} gate).` : ''}`,
      body: [
        bars(flow, total),
        legend([
          { label: 'goes on', colour: colour.good },
          { label: 'ends here, one shade per reason', colour: colour.lost },
        ]),
        reasons(fates!, context),
        times(gate_time!),
      ],
    };
  },
};

function stepsOf(fates: readonly Row[]): Step[] {
  let entered = fates.reduce((sum, row) => sum + row.task_count, 0);
  return steps.map(([index, name]) => {
    const ended = fates.filter((row) => row.step_index === index);
    const left = entered - ended.reduce((sum, row) => sum + row.task_count, 0);
    let from = left;
    const lost = ended.map((row, place) => {
      const piece = { reason: row.reason, count: row.task_count, from, to: from + row.task_count, place };
      from = piece.to;
      return piece;
    });
    const step = { name, entered, left, lost };
    entered = left;
    return step;
  });
}

function bars(flow: readonly Step[], total: number) {
  const lost = flow.flatMap((step) => step.lost.map((piece) => ({ ...piece, step: step.name })));
  return chart({
    label: `Candidates that each step let through, of ${total}`,
    height: 40 * flow.length + 40,
    marginLeft: 90,
    marginRight: 70,
    x: { label: 'candidates', domain: [0, total], tickFormat: (n: number) => (Number.isInteger(n) ? String(n) : '') },
    y: { label: null, domain: flow.map((step) => step.name), padding: 0.25 },
    marks: [
      Plot.barX(flow, { x: 'left', y: 'name', fill: colour.good, rx: 2, title: (d) => `${d.name}: ${d.left} go on` }),
      Plot.barX(lost, {
        x1: 'from',
        x2: 'to',
        y: 'step',
        fill: colour.lost,
        fillOpacity: { value: (d: Row) => Math.max(0.25, 0.95 - 0.2 * d.place), scale: null } as never,
        insetLeft: 1,
        rx: 2,
        title: (d) => `${d.step}: ${d.count} end here, ${words(d.reason)}`,
      }),
      Plot.text(flow, {
        x: 'entered',
        y: 'name',
        text: (d: Step) => String(d.left),
        textAnchor: 'start',
        dx: 8,
        fontWeight: 600,
        fill: colour.ink,
      }),
      Plot.text(
        lost.filter((piece) => piece.to - piece.from > total * 0.14),
        {
          x: (d) => (d.from + d.to) / 2,
          y: 'step',
          text: (d) => words(d.reason).slice(0, 34),
          fill: 'var(--on-lost)',
          fontSize: 11,
        },
      ),
    ],
  });
}

const reasons = (fates: readonly Row[], { links, round }: Context) =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="Where candidates ended"><table><caption>Where candidates ended, and three of each</caption>
<thead><tr><th scope="col">step</th><th scope="col">reason</th><th scope="col" class="number">tasks</th><th scope="col">for example</th></tr></thead>
<tbody>${fates.map(
    (row) =>
      html`<tr><td>${row.step}</td><td>${links.ended(words(row.reason), round, row.step, row.reason)}</td><td class="number">${whole(row.task_count)}</td><td class="ids">${row.example_task_ids.map((id: string) => html`${links.task(id)} `)}</td></tr>\n`,
  )}</tbody></table></div>`;

const times = (rows: readonly Row[]) =>
  rows.length === 0
    ? html``
    : html`<p class="note">Time in the gates: ${rows.map(
        (row, i) =>
          html`${i > 0 ? ', ' : ''}${row.gate} ${seconds(row.wall_s)} for ${some(row.seen_count, 'candidate')}`,
      )}.</p>`;
