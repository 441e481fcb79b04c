import { Html, html } from '../report/html.ts';
import type { Ask } from './reply.ts';

const places = [
  ['', 'Rounds'],
  ['tasks', 'Tasks'],
  ['traces', 'Traces'],
  ['skills', 'Skills'],
  ['compare', 'Compare'],
  ['sql', 'SQL'],
  ['tables', 'Tables'],
] as const;

export interface Layout {
  title: string;
  /** Which place of the navigation this is. */
  place: (typeof places)[number][0];
  body: Html;
  wide?: boolean;
}

export const layout = (
  { title, place, body, wide = false }: Layout,
  { at }: Pick<Ask, 'at'>,
): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · socratic</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${at('assets/style.css')}">
<script type="module" src="${at('assets/view.js')}"></script>
</head>
<body class="viewer">
<a class="skip" href="#content">Skip to the content</a>
<nav class="places" aria-label="Places"><span class="name">socratic</span>${places.map(
  ([path, label]) => html`<a href="${at(path)}"${path === place ? html` aria-current="page"` : ''}>${label}</a>`,
)}<button type="button" id="help-button" aria-haspopup="dialog">Keys</button></nav>
<main id="content" class="${wide ? 'wide' : ''}">
${body}
</main>
<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keys</h2><dl>
<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous step, or row</dd>
<dt><kbd>h</kbd> <kbd>l</kbd> or <kbd>←</kbd> <kbd>→</kbd></dt><dd>previous and next trace, or page</dd>
<dt><kbd>Enter</kbd></dt><dd>open the row</dd>
<dt><kbd>/</kbd></dt><dd>search</dd>
<dt><kbd>n</kbd> <kbd>N</kbd></dt><dd>next and previous step found</dd>
<dt><kbd>?</kbd></dt><dd>this</dd></dl>
<form method="dialog"><button>Close</button></form></dialog>
<p id="status" role="status" aria-live="polite" class="skip-text"></p>
</body>
</html>
`;

/** What comes before and after the body of a page that is sent in pieces. */
export function frame(given: Omit<Layout, 'body'>, ask: Pick<Ask, 'at'>): { before: string; after: string } {
  const mark = '<!-- body -->';
  const [before, after] = layout({ ...given, body: new Html(mark) }, ask).text.split(mark);
  return { before: before!, after: after! };
}
