import { chapterHtml, eachChapter, sections } from '../../report/chapters.ts';
import { type Html, html } from '../../report/html.ts';
import { headline } from '../../report/page.ts';
import { frame } from '../layout.ts';
import type { Reader } from '../reader.ts';
import { type Ask, NotFound, type Page } from '../reply.ts';

/** Drawn once per reader: the tables do not change under it. */
const drawn = new WeakMap<Reader, Map<string, string>>();

/** The chapters of the report, with everything linked; each is sent as soon as it is drawn. */
export const round: Page = async (ask) => {
  const n = roundOf(ask, ask.path[0]);
  const pages = drawn.get(ask.reader) ?? new Map<string, string>();
  drawn.set(ask.reader, pages);
  return { status: 200, type: 'text/html; charset=utf-8', body: pages.get(String(n)) ?? pieces(ask, n, pages) };
};

async function* pieces(ask: Ask, n: number, pages: Map<string, string>): AsyncGenerator<string> {
  const { before, after } = frame({ title: `Round ${n}`, place: '' }, ask);
  const sent = [before + (await top(ask, n)).text];
  yield sent[0]!;
  const context = { round: n, links: ask.links, manifests: await ask.reader.warehouse.manifests(n) };
  for await (const chapter of eachChapter(ask.reader.database, context)) {
    sent.push(chapterHtml(chapter).text);
    yield sent.at(-1)!;
  }
  yield after;
  pages.set(String(n), `${sent.join('')}${after}`);
}

async function top(ask: Ask, n: number): Promise<Html> {
  const { rounds } = ask.reader;
  const [now] = await ask.reader.rows(`select * from round_summary where round = ${n}`);
  const place = rounds.indexOf(n);
  const [previous, next] = [rounds[place - 1], rounds[place + 1]];
  const step = (label: string, rel: string, other: number | undefined) =>
    other === undefined ? '' : html`<a rel="${rel}" href="${ask.at(`round/${other}`)}">${label}</a> `;
  return html`<h1>Round ${n}</h1><p class="lead">${step('previous round', 'prev', previous)}${step('next round', 'next', next)}${previous === undefined ? '' : html`<a href="${ask.at('compare', { a: previous, b: n })}">compare with round ${previous}</a>`}</p>
${headline(now)}
<nav class="chapters" aria-label="Chapters"><ol>${sections.map(({ id }) => html`<li><a href="#${id}">${id}</a></li>`)}</ol></nav>`;
}

export function roundOf({ reader }: Ask, text: string | null | undefined): number {
  const n = Number(text);
  if (text && reader.rounds.includes(n)) return n;
  throw new NotFound(`There is no round ${text ?? ''}. Rounds that were run: ${reader.rounds.join(', ') || 'none'}.`);
}
