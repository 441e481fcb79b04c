import type { Against } from '../against.ts';
import { html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import type { Row } from '../section.ts';
import { decimal, percent } from '../words.ts';

const half = { width: 430, height: 280, marginLeft: 48 };
const asPercent = (n: number): string => `${Math.round(100 * n)}%`;

export function curve(rounds: readonly Row[], against?: Against) {
  const others = (against?.rounds ?? []).filter((row) => row.repair_after !== null);
  const drawn = chart({
    ...half,
    label: 'Held-out repair rate after each round with its 95 % interval',
    x: { label: 'round', ticks: rounds.map((row) => row.round), tickFormat: (n: number) => `${n}`, inset: 28 },
    y: { label: 'repaired', grid: true, tickFormat: asPercent, zero: true },
    marks: [
      Plot.lineY(others, {
        x: 'round',
        y: 'repair_after',
        stroke: colour.quiet,
        strokeWidth: 2,
        strokeDasharray: '5 4',
      }),
      Plot.dot(others, {
        x: 'round',
        y: 'repair_after',
        fill: colour.quiet,
        r: 4,
        title: (d) => `${against!.label}, round ${d.round}: ${percent(d.repair_after, 1)}`,
      }),
      Plot.ruleX(rounds, {
        x: 'round',
        y1: 'repair_low',
        y2: 'repair_high',
        stroke: colour.good,
        strokeOpacity: 0.45,
        strokeWidth: 3,
      }),
      Plot.lineY(rounds, { x: 'round', y: 'repair_after', stroke: colour.good, strokeWidth: 2 }),
      Plot.dot(rounds, {
        x: 'round',
        y: 'repair_after',
        fill: colour.good,
        r: 5,
        title: (d) => `round ${d.round}: ${percent(d.repair_after, 1)}`,
      }),
      Plot.text(rounds, {
        x: 'round',
        y: 'repair_after',
        text: (d) => percent(d.repair_after, 1),
        dy: -15,
        fontWeight: 600,
        fill: colour.ink,
        stroke: 'var(--paper)',
        strokeWidth: 5,
      }),
    ],
  });
  if (!against) return drawn;
  return html`${drawn}${legend([
    { label: 'this data', colour: colour.good, shape: 'line' },
    { label: `selected by ${against.label}`, colour: colour.quiet, shape: 'line' },
  ])}`;
}

/** Libraries before and after: lines that rise got better. */
export function slopes(tasks: readonly Row[]) {
  const libraries = [...Map.groupBy(tasks, (task) => String(task.repository))].map(([name, list]) => ({
    name,
    count: list.length,
    before: list.reduce((sum, task) => sum + task.repair_before, 0) / list.length,
    after: list.reduce((sum, task) => sum + task.repair_after, 0) / list.length,
  }));
  const ends = libraries.flatMap((l) => [
    { ...l, when: 'before', rate: l.before },
    { ...l, when: 'after', rate: l.after },
  ]);
  return chart({
    ...half,
    marginRight: 110,
    label: 'Held-out repair rate of each library before and after training',
    x: { domain: ['before', 'after'], label: null, type: 'point', padding: 0.2 },
    y: {
      label: 'repaired',
      grid: true,
      tickFormat: asPercent,
      domain: [0, Math.max(0.05, ...ends.map((e) => e.rate))],
      nice: true,
    },
    color: { type: 'identity' },
    marks: [
      Plot.link(libraries, {
        x1: () => 'before',
        x2: () => 'after',
        y1: 'before',
        y2: 'after',
        stroke: (d) => (d.after > d.before ? 'var(--good)' : d.after < d.before ? 'var(--lost)' : 'var(--quiet)'),
        strokeWidth: (d) => 1 + Math.sqrt(d.count) / 2,
        strokeOpacity: 0.8,
      }),
      Plot.dot(ends, {
        x: 'when',
        y: 'rate',
        fill: 'var(--paper)',
        stroke: colour.ink,
        r: 3,
        title: (d) => `${d.name}, ${d.when}: ${percent(d.rate, 1)} of ${d.count} tasks`,
      }),
      Plot.text(spaced(libraries), {
        x: () => 'after',
        y: 'at',
        text: (d) => `${d.name.slice(0, 16)}`,
        textAnchor: 'start',
        dx: 9,
        fontSize: 11,
      }),
    ],
  });
}

/** Labels at least a line apart, in the order of their ends. */
function spaced<T extends { after: number; before: number; name: string }>(
  libraries: readonly T[],
): (T & { at: number })[] {
  const top = Math.max(0.05, ...libraries.flatMap((l) => [l.before, l.after]));
  const line = top / 17;
  let last = Number.NEGATIVE_INFINITY;
  return [...libraries]
    .sort((a, b) => a.after - b.after || (a.name < b.name ? -1 : 1))
    .map((library) => {
      last = Math.max(library.after, last + line);
      return { ...library, at: last };
    })
    .filter(({ at }) => at <= top * 1.08);
}

/** Selected against random, in what can be known without training twice: alignment and difficulty. */
export function against(rows: readonly Row[]) {
  return html`<h3>Selected against random</h3>${chart({
    label: 'Mean cosine of the selection against a random draw of the same size, by round',
    height: 46 * rows.length + 56,
    marginLeft: 70,
    x: { label: 'mean cosine to the validation direction', grid: true, nice: true, zero: true },
    y: { type: 'band', label: null, tickFormat: (n: number) => `round ${n}`, padding: 0.3 },
    marks: [
      Plot.barX(rows, {
        x1: 'random_low',
        x2: 'random_high',
        y: 'round',
        fill: colour.quiet,
        fillOpacity: 0.35,
        rx: 3,
        title: (d) => `random draws of ${d.selected_count}: ${decimal(d.random_low)} to ${decimal(d.random_high)}`,
      }),
      Plot.tickX(rows, { x: 'random_cosine', y: 'round', stroke: colour.quiet, strokeWidth: 2 }),
      Plot.tickX(rows, {
        x: 'selected_cosine',
        y: 'round',
        stroke: colour.good,
        strokeWidth: 4,
        title: (d) => `selected: ${decimal(d.selected_cosine)}`,
      }),
    ],
  })}${legend([
    { label: 'the selection', colour: colour.good },
    { label: 'random draws of its size from the valid tasks: mean and 95 %', colour: colour.quiet },
  ])}<p class="note">What a round shows without training twice. How much selected tasks teach beyond random ones is measured by <code>make bench-loop</code>, which trains both arms from one checkpoint.</p>`;
}

export function parts(rows: readonly Row[]) {
  const names = {
    full_repair: 'full repair',
    partial_repair: 'partial repair',
    preservation: 'preservation',
    reward: 'reward',
  };
  const bars = rows.flatMap((row) =>
    Object.entries(names).map(([column, name]) => ({ round: row.round, name, value: row[column] })),
  );
  return html`<h3>What training attempts earned</h3>${chart({
    label: 'Parts of the reward over the attempts of each round',
    height: 200,
    marginLeft: 48,
    x: { type: 'band', label: 'round', padding: 0.25 },
    fx: { label: null, domain: Object.values(names) },
    y: { domain: [0, 1], label: null, tickFormat: asPercent, grid: true },
    marks: [
      Plot.barY(bars, {
        x: 'round',
        y: 'value',
        fx: 'name',
        fill: colour.accent,
        rx: 2,
        title: (d) => `round ${d.round}: ${d.name} ${percent(d.value, 1)}`,
      }),
      Plot.ruleY([0], { stroke: colour.line }),
    ],
  })}`;
}
