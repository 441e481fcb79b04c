import { html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import { nothing, type Row, type Section } from '../section.ts';
import { percent, some, whole } from '../words.ts';

const lineages = [
  { column: 'carried_count', label: 'carried', colour: 'var(--good)' },
  { column: 'new_count', label: 'new', colour: 'var(--accent)' },
  { column: 'merged_count', label: 'merged', colour: 'var(--shade-2)' },
  { column: 'retired_count', label: 'retired', colour: 'var(--quiet)' },
];

/** Whether the registry still learns something. */
export const coverage: Section = {
  id: 'coverage',
  title: 'Coverage and saturation',
  queries: ['coverage'],
  draw({ coverage: rounds }) {
    const now = rounds!.at(-1);
    if (!now) return nothing('No round has skill cards yet.');
    return {
      finding: html`<b>${percent(now.covered_share)}</b> of the ${some(now.failed_task_count ?? 0, 'failed task')} before round ${now.round} are of a kind that a standing card names; ${whole(now.new_count)} of ${whole(now.known_count)} cards ever seen are new in it.`,
      body: [
        html`<div class="pair"><div><h3>Cards by what became of them</h3>${registry(rounds!)}${legend(lineages)}</div><div><h3>Covered, aimed, still new</h3>${shares(rounds!)}${legend(
          [
            { label: 'failed tasks covered', colour: colour.good, shape: 'line' },
            { label: 'candidates aimed by a card', colour: colour.accent, shape: 'line' },
            { label: 'cards that are new', colour: colour.lost, shape: 'line' },
          ],
        )}</div></div>`,
      ],
    };
  },
};

const half = { width: 430, height: 240, marginLeft: 44 };

function registry(rounds: readonly Row[]) {
  const bars = rounds.flatMap((row) =>
    lineages.map(({ column, label, colour: fill }) => ({ round: row.round, count: row[column], label, fill })),
  );
  return chart({
    ...half,
    label: 'Skill cards of each round: carried, new, merged and retired',
    x: { type: 'band', label: 'round', padding: 0.3 },
    y: { label: 'cards', grid: true },
    color: { type: 'identity' },
    marks: [
      Plot.barY(bars, {
        x: 'round',
        y: 'count',
        fill: 'fill',
        insetBottom: 1,
        rx: 2,
        order: lineages.map((l) => l.label),
        z: 'label',
        title: (d: Row) => `round ${d.round}: ${d.count} ${d.label}`,
      } as never),
    ],
  });
}

function shares(rounds: readonly Row[]) {
  const line = (name: string, stroke: string, value: (row: Row) => number | null) => {
    const points = rounds.flatMap((row) => {
      const share = value(row);
      return share === null || share === undefined ? [] : [{ round: row.round, share }];
    });
    return [
      Plot.lineY(points, { x: 'round', y: 'share', stroke, strokeWidth: 2 }),
      Plot.dot(points, {
        x: 'round',
        y: 'share',
        fill: stroke,
        r: 4,
        title: (d) => `round ${d.round}: ${percent(d.share)} ${name}`,
      }),
    ];
  };
  return chart({
    ...half,
    label: 'Shares over rounds: failed tasks covered, candidates aimed, cards that are new',
    x: { label: 'round', ticks: rounds.map((row) => row.round), tickFormat: (n: number) => `${n}`, inset: 20 },
    y: { label: null, domain: [0, 1], grid: true, tickFormat: (n: number) => `${Math.round(100 * n)}%` },
    marks: [
      ...line('of failed tasks covered', colour.good, (row) => row.covered_share),
      ...line('of candidates aimed', colour.accent, (row) => row.aimed_share),
      ...line('of standing cards new', colour.lost, (row) =>
        row.new_count + row.carried_count > 0 ? row.new_count / (row.new_count + row.carried_count) : null,
      ),
    ],
  });
}
