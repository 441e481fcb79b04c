import { stagesOf } from '../../../pipeline/round.ts';
import { html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import { nothing, type Row, type Section } from '../section.ts';
import { percent, seconds, whole } from '../words.ts';

/** What the round cost, stage by stage. */
export const costs: Section = {
  id: 'costs',
  title: 'Cost',
  queries: ['costs', 'tokens'],
  draw({ costs: stages, tokens }, { round }) {
    if (stages!.length === 0) return nothing('No stage of this round has finished.');
    const sum = (name: string) => stages!.reduce((total, row) => total + row[name], 0);
    const [wall, aligned, asked, unique] = [
      sum('wall_s'),
      sum('alignment_s'),
      sum('execution_count'),
      sum('unique_execution_count'),
    ];
    const order = stagesOf(round).map((stage) => stage.name);
    const rows = [...stages!].sort(
      (a, b) => order.indexOf(a.stage) - order.indexOf(b.stage) || (a.stage < b.stage ? -1 : 1),
    );
    const metered = tokens!.filter((row) => row.prompt_tokens !== null || row.cost_usd !== null);
    return {
      finding: html`The round took <b>${seconds(wall)}</b>; alignment took ${percent(wall > 0 ? aligned / wall : null, 1)} of it. Of ${whole(asked)} test executions asked for, ${percent(asked > 0 ? 1 - unique / asked : null)} were answered from the cache. Model calls cost ${sum('cost_usd') > 0 ? `$${sum('cost_usd').toFixed(2)}` : 'nothing: no language model was asked'}.`,
      body: [
        bars(rows),
        legend([
          { label: 'wall time', colour: colour.accent },
          { label: 'of it gradients, sketches and cosines', colour: colour.lost },
        ]),
        html`<div class="scroll" tabindex="0" role="region" aria-label="Cost by stage"><table><thead><tr><th scope="col">stage</th><th scope="col" class="number">wall</th><th scope="col" class="number">processor</th><th scope="col" class="number">executions asked</th><th scope="col" class="number">run anew</th></tr></thead><tbody>${rows.map(
          (row) =>
            html`<tr><td>${row.stage}</td><td class="number">${seconds(row.wall_s)}</td><td class="number">${seconds(row.cpu_s)}</td><td class="number">${whole(row.execution_count)}</td><td class="number">${whole(row.unique_execution_count)}</td></tr>\n`,
        )}</tbody></table></div>`,
        ...(metered.length > 0 ? [spent(metered)] : []),
      ],
    };
  },
};

function bars(rows: readonly Row[]) {
  return chart({
    label: 'Wall time of each stage with the part spent on alignment',
    height: 30 * rows.length + 50,
    marginLeft: 90,
    marginRight: 90,
    x: { label: 'seconds', grid: true },
    y: { label: null, domain: rows.map((row) => row.stage), padding: 0.25 },
    marks: [
      Plot.barX(rows, {
        x: 'wall_s',
        y: 'stage',
        fill: colour.accent,
        rx: 2,
        title: (d) => `${d.stage}: ${seconds(d.wall_s)}`,
      }),
      Plot.barX(
        rows.filter((row) => row.alignment_s > 0),
        {
          x: (d) => Math.min(d.alignment_s, d.wall_s),
          y: 'stage',
          fill: colour.lost,
          insetTop: 7,
          insetBottom: 7,
          title: (d) => `alignment: ${seconds(d.alignment_s)}`,
        },
      ),
      Plot.text(rows, { x: 'wall_s', y: 'stage', text: (d) => seconds(d.wall_s), textAnchor: 'start', dx: 6 }),
    ],
  });
}

const spent = (rows: readonly Row[]) =>
  html`<h3>Tokens of imported and endpoint attempts</h3><div class="scroll" tabindex="0" role="region" aria-label="Tokens by round"><table><thead><tr><th scope="col">round</th><th scope="col" class="number">traces</th><th scope="col" class="number">prompt</th><th scope="col" class="number">of it cached</th><th scope="col" class="number">completion</th><th scope="col" class="number">cost</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><td>${row.round}</td><td class="number">${whole(row.trace_count)}</td><td class="number">${whole(row.prompt_tokens)}</td><td class="number">${whole(row.cached_tokens)}</td><td class="number">${whole(row.completion_tokens)}</td><td class="number">${row.cost_usd === null ? '–' : `$${row.cost_usd.toFixed(2)}`}</td></tr>\n`,
  )}</tbody></table></div>`;
