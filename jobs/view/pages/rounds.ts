import { Html, html } from '../../report/html.ts';
import { chart, colour, Plot } from '../../report/plot.ts';
import type { Row } from '../../report/section.ts';
import { percent, seconds, whole } from '../../report/words.ts';
import { layout } from '../layout.ts';
import { htmlReply, type Page } from '../reply.ts';

/** Every round in a line. */
export const rounds: Page = async (ask) => {
  const rows = await ask.reader.rows('select * from round_summary');
  const body = html`<h1>Rounds</h1>
${
  rows.length === 0
    ? html`<p class="empty">No round has been run: <code>make round N=1</code>.</p>`
    : html`${overview(rows)}
<div class="scroll"><table class="list"><thead><tr><th scope="col">round</th>${names.map(([, label]) => html`<th scope="col" class="number">${label}</th>`)}</tr></thead>
<tbody>${[...rows].reverse().map((row) => line(row, ask.at(`round/${row.round}`)))}</tbody></table></div>`
}`;
  return htmlReply(layout({ title: 'Rounds', place: '', body }, ask));
};

const names: readonly [string, string, (value: never) => string][] = [
  ['candidate_count', 'candidates', whole],
  ['valid_count', 'passed the gates', whole],
  ['selected_count', 'selected', whole],
  ['skill_count', 'skill cards', whole],
  ['repair_after', 'held-out repair', percent],
  ['unique_execution_count', 'executions', whole],
  ['wall_s', 'wall time', seconds],
  ['alignment_share', 'alignment', percent],
];

const line = (row: Row, address: string) =>
  html`<tr data-href="${address}"><td><a href="${address}">Round ${row.round}</a></td>${names.map(([name, , show]) => html`<td class="number">${show(row[name] as never)}</td>`)}</tr>\n`;

function overview(rows: readonly Row[]): Html {
  const known = rows.filter((row) => row.repair_after !== null);
  if (known.length < 2) return new Html('');
  return chart({
    label: 'Held-out repair after each round',
    height: 230,
    x: { label: 'round', ticks: known.map((row) => row.round), tickFormat: (n: number) => `${n}`, inset: 24 },
    y: { label: 'held-out repair', zero: true, grid: true, tickFormat: (n: number) => `${Math.round(100 * n)}%` },
    marks: [
      Plot.areaY(known, { x: 'round', y: 'repair_after', fill: colour.good, fillOpacity: 0.1 }),
      Plot.lineY(known, { x: 'round', y: 'repair_after', stroke: colour.good, strokeWidth: 2.5 }),
      Plot.dot(known, {
        x: 'round',
        y: 'repair_after',
        fill: colour.good,
        r: 4.5,
        title: (d) => `round ${d.round}: ${percent(d.repair_after, 1)}`,
      }),
    ],
  });
}
