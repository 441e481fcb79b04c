import { html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import type { Row } from '../section.ts';
import { percent, words } from '../words.ts';

/** One small line per kind of mistake: repair rate over the rounds. */
export function trend(rows: readonly Row[]) {
  const sizes = Map.groupBy(rows, (row) => String(row.operator));
  const size = (kind: string) => sizes.get(kind)!.reduce((sum, row) => sum + row.attempt_count, 0);
  const kinds = [...sizes.keys()]
    .filter((kind) => sizes.get(kind)!.length > 1)
    .sort((a, b) => size(b) - size(a) || (a < b ? -1 : 1))
    .slice(0, 16);
  if (kinds.length === 0) return html``;
  const shown = rows.filter((row) => kinds.includes(row.operator));
  const last = Math.max(...rows.map((row) => row.round));
  return html`<h3>Repair rate by kind of mistake, over rounds</h3>${chart({
    label: 'Repair rate of the sixteen most attempted kinds of mistake, round by round',
    height: 110 * Math.ceil(kinds.length / 4) + 40,
    marginLeft: 48,
    facet: {
      data: shown,
      x: (d: Row) => kinds.indexOf(d.operator) % 4,
      y: (d: Row) => Math.floor(kinds.indexOf(d.operator) / 4),
    },
    fx: { axis: null, padding: 0.12 },
    fy: { axis: null, padding: 0.3 },
    x: { label: null, ticks: [...new Set(rows.map((r) => r.round))], tickFormat: (n: number) => `${n}`, inset: 8 },
    y: { label: null, domain: [0, 1], ticks: [0, 0.5, 1], tickFormat: (n: number) => `${100 * n}%`, grid: true },
    marks: [
      Plot.lineY(shown, { x: 'round', y: 'repair_rate', stroke: colour.good, strokeWidth: 2, z: 'operator' }),
      Plot.dot(shown, {
        x: 'round',
        y: 'repair_rate',
        fill: (d) => (d.round === last ? 'var(--good)' : 'var(--paper)'),
        stroke: colour.good,
        r: 3.5,
        title: (d) =>
          `${words(d.operator)}, round ${d.round}: ${percent(d.repair_rate)} of ${d.attempt_count} attempts`,
      }),
      Plot.text(shown, {
        frameAnchor: 'top-left',
        text: (d: Row) => words(d.operator),
        dy: -14,
        fontWeight: 600,
        fill: colour.ink,
        filter: firstOfKind(shown),
      } as never),
    ],
    color: { type: 'identity' },
  })}`;
}

function firstOfKind(rows: readonly Row[]): (row: Row) => boolean {
  const first = new Map<string, Row>();
  for (const row of rows) if (!first.has(row.operator)) first.set(row.operator, row);
  return (row) => first.get(row.operator) === row;
}

const order = ['repaired', 'exhausted', 'wrong_operator', 'localise_line', 'localise_function', 'overfit'];
const shades: Record<string, string> = {
  repaired: 'var(--good)',
  exhausted: 'var(--shade-1)',
  wrong_operator: 'var(--shade-2)',
  localise_line: 'var(--shade-3)',
  localise_function: 'var(--shade-4)',
  overfit: 'var(--shade-5)',
};

export function modesChart(rows: readonly Row[]) {
  if (rows.length === 0) return html``;
  const modes = [...new Set(rows.map((row) => String(row.mode)))].sort(
    (a, b) => place(a) - place(b) || (a < b ? -1 : 1),
  );
  return html`<h3>How attempts ended</h3>${chart({
    label: 'How the attempts of each round ended',
    height: 34 * new Set(rows.map((r) => r.round)).size + 50,
    marginLeft: 80,
    x: { label: null, domain: [0, 1], tickFormat: (n: number) => `${Math.round(100 * n)}%` },
    y: { label: null, tickFormat: (n: number) => `round ${n}`, type: 'band', padding: 0.2 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(
        rows,
        Plot.stackX(
          { order: modes, z: 'mode' } as never,
          {
            x: 'share',
            y: 'round',
            z: 'mode',
            fill: (d: Row) => shades[d.mode] ?? 'var(--quiet)',
            insetRight: 1,
            rx: 2,
            title: (d: Row) => `round ${d.round}: ${words(d.mode)}, ${percent(d.share)} (${d.attempt_count} attempts)`,
          } as never,
        ) as never,
      ),
    ],
  })}${legend(modes.map((mode) => ({ label: words(mode), colour: shades[mode] ?? 'var(--quiet)' })))}`;
}

const place = (mode: string): number => (order.includes(mode) ? order.indexOf(mode) : order.length);

export function foreignMap(rows: readonly Row[]) {
  const most = Math.max(1, ...rows.map((row) => row.failed_count));
  return html`<h3>Errors of imported attempts, by repository</h3>${chart({
    label: 'Failing attempts that met an error, by class of error and repository',
    height: 24 * new Set(rows.map((r) => r.error_class)).size + 130,
    marginLeft: 150,
    marginTop: 110,
    x: {
      axis: 'top',
      label: null,
      tickRotate: -38,
      tickSize: 0,
      padding: 0.06,
      tickFormat: (s: string) => (s.length > 22 ? `…${s.slice(-21)}` : s),
    },
    y: { label: null, tickSize: 0, padding: 0.08, tickFormat: words },
    color: { type: 'identity' },
    marks: [
      Plot.cell(rows, {
        x: 'repo',
        y: 'error_class',
        rx: 3,
        fill: colour.lost,
        fillOpacity: { value: (d: Row) => 0.08 + 0.85 * Math.sqrt(d.failed_count / most), scale: null } as never,
        title: (d) =>
          `${d.error_class} in ${d.repo}\n${d.failed_count} failing attempts, ${d.resolved_count} that resolved`,
      }),
      Plot.text(rows, {
        x: 'repo',
        y: 'error_class',
        text: (d) => String(d.failed_count),
        fontSize: 11,
        fill: (d) => (Math.sqrt(d.failed_count / most) > 0.6 ? 'var(--on-lost)' : 'var(--ink)'),
      }),
    ],
  })}<p class="note">Number: failing attempts that met the error.</p>`;
}
