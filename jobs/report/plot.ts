import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html, html, visible } from './html.ts';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** Colours of marks; the page says what they are in light and in dark. */
export const colour = {
  good: 'var(--good)',
  lost: 'var(--lost)',
  accent: 'var(--accent)',
  quiet: 'var(--quiet)',
  ink: 'var(--ink)',
  line: 'var(--line)',
};

export interface Chart extends Plot.PlotOptions {
  /** What the chart says, for those who do not see it. */
  label: string;
}

/** A chart as SVG. Labels of axes and marks come from data: Plot writes them as text, and control characters are shown. */
export function chart({ label, ...options }: Chart): Html {
  const svg = Plot.plot({
    width: 860,
    marginLeft: 60,
    marginBottom: 44,
    style: { fontFamily: 'inherit', fontSize: '12px' },
    ...options,
    document: document as never,
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  return html`<div class="chart" tabindex="0" role="group" aria-label="${label}">${new Html(rounded(visible(svg.outerHTML)))}</div>`;
}

/** A tenth of a pixel is enough, and halves a chart of many dots. */
const rounded = (svg: string): string => svg.replace(/(-?\d+\.\d{2})\d+/g, '$1');

/** Marks explained in words, each with its colour. */
export const legend = (entries: readonly { label: string; colour: string; shape?: 'line' | 'ring' }[]): Html =>
  html`<ul class="legend">${entries.map(
    (entry) => html`<li><i class="${entry.shape ?? 'block'}" style="--mark:${entry.colour}"></i>${entry.label}</li>`,
  )}</ul>`;

export { Plot };
