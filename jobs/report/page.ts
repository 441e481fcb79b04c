import { readFile } from 'node:fs/promises';
import type { Chapter } from './chapters.ts';
import { chapterHtml } from './chapters.ts';
import { Html, html } from './html.ts';
import type { Row } from './section.ts';
import { percent, seconds, whole } from './words.ts';

/** The look of the report, and of the viewer. */
export async function styles(): Promise<string> {
  const names = ['style', 'parts', 'print'];
  const texts = await Promise.all(names.map((name) => readFile(new URL(`./${name}.css`, import.meta.url), 'utf8')));
  return texts.join('\n');
}

/** The figures of a round that one looks for first. */
export function headline(now: Row | undefined): Html {
  if (!now) return html``;
  const figures = [
    ['candidates', whole(now.candidate_count)],
    ['passed the gates', whole(now.valid_count)],
    ['selected', whole(now.selected_count)],
    ['skill cards', whole(now.skill_count)],
    [
      'held-out repair',
      now.repair_before === null
        ? percent(now.repair_after)
        : `${whole(100 * now.repair_before)} → ${percent(now.repair_after)}`,
    ],
    ['wall time', seconds(now.wall_s)],
  ];
  return html`<ul class="headline" data-testid="headline">${figures.map(([name, value]) => html`<li><b>${value}</b><span>${name}</span></li>`)}</ul>`;
}

export interface Page {
  title: string;
  lead: Html;
  now: Row | undefined;
  chapters: readonly Chapter[];
}

/** One file that needs nothing else: no script, no request, no font. The policy in its head holds it to that. */
export async function reportPage({ title, lead, now, chapters }: Page): Promise<string> {
  const style = await styles();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="page"><p class="eyebrow">socratic-swe</p><h1>${title}</h1><p class="lead">${lead}</p>${headline(now)}
<nav class="chapters" aria-label="Chapters"><ol>${chapters.map(({ section }) => html`<li><a href="#${section.id}">${section.id}</a></li>`)}</ol></nav></header>
<main id="content">
${chapters.map((chapter) => chapterHtml(chapter))}
</main>
<footer><p>Drawn from tables alone; it holds no script and asks no network. Rows of a query are cut at 60 here: <code>socratic sql</code> gives all of them. It shows what answer keys say: nothing for a Solver to read.</p></footer>
</body>
</html>
`.text;
}
