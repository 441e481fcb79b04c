import { type Html, html } from '../report/html.ts';

const mostLines = 4000;

/** A unified diff, line by line, with what changed in words for those who do not see colour. */
export function diffHtml(patch: string, label: string): Html {
  const lines = patch.replace(/\n$/, '').split('\n');
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><pre class="diff">${lines
    .slice(0, mostLines)
    .map(
      (line) => html`<span class="${kindOf(line)}">${line === '' ? ' ' : line}\n</span>`,
    )}</pre></div>${lines.length > mostLines ? html`<p class="note">${lines.length - mostLines} more lines.</p>` : ''}`;
}

function kindOf(line: string): string {
  if (/^(?:\+\+\+|---|diff |index )/.test(line)) return 'file';
  if (line.startsWith('@@')) return 'place';
  return line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : 'same';
}
