import { chapterHtml, chaptersOf } from '../../report/chapters.ts';
import { type Html, html } from '../../report/html.ts';
import { headline } from '../../report/page.ts';
import { layout } from '../layout.ts';
import type { Reader } from '../reader.ts';
import { type Ask, htmlReply, NotFound, type Page } from '../reply.ts';

/** Drawn once per reader: the tables do not change under it. */
const drawn = new WeakMap<Reader, Map<string, Promise<Html>>>();

/** The chapters of the report, with everything linked. */
export const round: Page = async (ask) => {
  const n = roundOf(ask, ask.path[0]);
  const pages = drawn.get(ask.reader) ?? new Map<string, Promise<Html>>();
  drawn.set(ask.reader, pages);
  const key = ask.at(`round/${n}`);
  const body = pages.get(key) ?? bodyOf(ask, n);
  pages.set(key, body);
  body.catch(() => pages.delete(key));
  return htmlReply(layout({ title: `Round ${n}`, place: '', body: await body }, ask));
};

async function bodyOf(ask: Ask, n: number): Promise<Html> {
  const { database, warehouse, rounds } = ask.reader;
  const chapters = await chaptersOf(database, { round: n, links: ask.links, manifests: await warehouse.manifests(n) });
  const [now] = await ask.reader.rows(`select * from round_summary where round = ${n}`);
  const place = rounds.indexOf(n);
  const step = (label: string, rel: string, other: number | undefined) =>
    other === undefined ? html`` : html` <a rel="${rel}" href="${ask.at(`round/${other}`)}">${label}</a>`;
  return html`<h1>Round ${n}</h1><p class="lead">${step('previous round', 'prev', rounds[place - 1])}${step('next round', 'next', rounds[place + 1])} ${place > 0 ? html`<a href="${ask.at('compare', { a: rounds[place - 1]!, b: n })}">compare with round ${rounds[place - 1]}</a>` : ''}</p>
${headline(now)}
<nav class="chapters" aria-label="Chapters"><ol>${chapters.map(({ section }) => html`<li><a href="#${section.id}">${section.id}</a></li>`)}</ol></nav>
${chapters.map((chapter) => chapterHtml(chapter))}`;
}

export function roundOf({ reader }: Ask, text: string | null | undefined): number {
  const n = Number(text);
  if (text && reader.rounds.includes(n)) return n;
  throw new NotFound(`There is no round ${text ?? ''}. Rounds that were run: ${reader.rounds.join(', ') || 'none'}.`);
}
