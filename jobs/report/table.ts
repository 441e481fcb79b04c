import { beginning, type Html, html } from './html.ts';

const mostRows = 200;

/** Rows as an HTML table: numbers to the right, lists as words. */
export function table(rows: readonly Record<string, unknown>[], caption: string, most = mostRows): Html {
  if (rows.length === 0) return html`<p class="empty">No rows.</p>`;
  const names = Object.keys(rows[0]!);
  const numeric = new Set(names.filter((name) => rows.every((row) => isNumeric(row[name]))));
  const side = (name: string) => html`${numeric.has(name) ? 'number' : ''}`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}${rows.length > most ? html` <span class="muted">first ${most} of ${rows.length.toLocaleString('en')} rows</span>` : ''}</caption>
<thead><tr>${names.map((name) => html`<th scope="col" class="${side(name)}">${name}</th>`)}</tr></thead>
<tbody>${rows
    .slice(0, most)
    .map(
      (row) => html`<tr>${names.map((name) => html`<td class="${side(name)}">${cell(row[name])}</td>`)}</tr>\n`,
    )}</tbody>
</table></div>`;
}

const isNumeric = (value: unknown): boolean => value === null || typeof value === 'number';

export function cell(value: unknown, most = 160): Html | string {
  if (value === null || value === undefined) return html`<span class="muted">–</span>`;
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(value) : Number(value.toPrecision(4)).toString();
  return beginning(typeof value === 'string' ? value : JSON.stringify(value), most);
}
