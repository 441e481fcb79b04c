import { stability as stabilityOf } from '../../../pipeline/selection/stability.ts';
import { html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import { nothing, type Section } from '../section.ts';
import { decimal, some } from '../words.ts';

const sizes = [2, 5, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200];

/** Whether the validation set is large enough to say where to go. */
export const stability: Section = {
  id: 'stability',
  title: 'How well the validation direction is known',
  queries: ['validation_sketches'],
  draw({ validation_sketches: rows }, { round }) {
    if (rows!.length < 2) return nothing('Fewer than two validation tasks have a sketch in this round.');
    const vectors = rows!.map((row) => row.sketch as number[]);
    const curve = stabilityOf(vectors, [...sizes.filter((n) => n < vectors.length), vectors.length], {
      seed: `round ${round}`,
      repeats: 100,
    });
    const [last, halves] = [curve.at(-1)!, curve.filter((point) => point.split_half !== null)];
    return {
      finding: html`The mean of ${some(vectors.length, 'validation task')} drawn anew points the same way as the whole set to a cosine of <b>${decimal(last.bootstrap)}</b> (90 %: ${decimal(last.bootstrap_low)} to ${decimal(last.bootstrap_high)})${halves.length > 0 ? html`; two disjoint sets of ${halves.at(-1)!.n} agree to ${decimal(halves.at(-1)!.split_half)}` : ''}.`,
      body: [
        chart({
          label: 'Agreement of the validation direction by number of tasks',
          height: 300,
          x: { label: 'validation tasks n', grid: false },
          y: { label: 'cosine', domain: [Math.min(0, ...curve.map((p) => p.bootstrap_low)), 1], grid: true },
          marks: [
            Plot.areaY(curve, {
              x: 'n',
              y1: 'bootstrap_low',
              y2: 'bootstrap_high',
              fill: colour.good,
              fillOpacity: 0.18,
            }),
            Plot.lineY(curve, { x: 'n', y: 'bootstrap', stroke: colour.good, strokeWidth: 2.5 }),
            Plot.dot(curve, {
              x: 'n',
              y: 'bootstrap',
              fill: colour.good,
              r: 3.5,
              title: (d) => `n = ${d.n}: ${decimal(d.bootstrap)}`,
            }),
            Plot.lineY(halves, {
              x: 'n',
              y: 'split_half',
              stroke: colour.accent,
              strokeWidth: 2,
              strokeDasharray: '5 4',
            }),
            Plot.dot(halves, {
              x: 'n',
              y: 'split_half',
              fill: colour.accent,
              r: 3,
              title: (d) => `two halves of ${d.n}: ${decimal(d.split_half)}`,
            }),
          ],
        }),
        legend([
          { label: 'mean of n drawn with replacement against all, with 5th to 95th percentile', colour: colour.good },
          { label: 'two disjoint sets of n against each other', colour: colour.accent, shape: 'line' },
        ]),
      ],
    };
  },
};
