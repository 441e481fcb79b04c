import { sqlFiles } from '../../../pipeline/warehouse/views.ts';
import { type Html, html } from '../../report/html.ts';
import { table } from '../../report/table.ts';
import { whole } from '../../report/words.ts';
import { firstOf } from '../../sql.ts';
import { layout } from '../layout.ts';
import { type Ask, htmlReply, type Page } from '../reply.ts';

export const mostRows = 500;

/** Any question that only reads. */
export const sql: Page = async (ask) => {
  const query = (ask.query.get('query') ?? '').trim();
  const marts = await sqlFiles('marts');
  const body = html`<h1>SQL</h1>
<form class="console" method="get" action="${ask.at('sql')}"><label for="query">A query that reads, over every table and mart, each with its round</label>
<textarea id="query" name="query" rows="8" spellcheck="false" data-submit>${query || 'select reason_code, sum(candidate_count)::integer as candidates\nfrom gate_funnel\ngroup by all\norder by candidates desc, reason_code'}</textarea>
<p><button>Run</button> <span class="muted">Control-Enter</span></p></form>
${query === '' ? '' : await answer(query, ask)}
<h2>Marts</h2><ul class="marts">${marts.map(({ name, header }) => html`<li><a href="${ask.at('sql', { query: `select * from ${name} limit 200` })}"><code>${name}</code></a> <span class="muted">${header.purpose}</span></li>`)}</ul>
<p class="note"><a href="${ask.at('tables')}">All tables with their columns</a></p>`;
  return htmlReply(layout({ title: 'SQL', place: 'sql', body, wide: true }, ask));
};

async function answer(query: string, ask: Ask): Promise<Html> {
  const started = performance.now();
  try {
    const rows = await askWithin(ask, `select * from (${query.replace(/;\s*$/, '')}\n) limit ${mostRows + 1}`, query);
    const took = performance.now() - started;
    const links = (['csv', 'json', 'parquet'] as const).map(
      (as) => html` <a href="${ask.at('export', { query, as })}">${as}</a>`,
    );
    return html`<p class="count" role="status" data-testid="answered">${rows.length > mostRows ? `the first ${mostRows} rows` : `${whole(rows.length)} rows`} in ${took.toFixed(0)} ms. All of them as${links}</p>${table(rows.slice(0, mostRows), 'Answer', mostRows)}`;
  } catch (error) {
    return html`<p class="wrong" role="alert">${firstOf((error as Error).message)}</p>`;
  }
}

const longest_s = 20;

/** Asks, and interrupts what takes too long. A statement that cannot be wrapped (explain, describe) is asked as it is. */
export async function askWithin({ reader }: Ask, wrapped: string, plain: string): Promise<Record<string, unknown>[]> {
  const { console } = reader;
  const timer = setTimeout(() => console.connection.interrupt(), 1000 * longest_s);
  try {
    if (/^\s*(?:explain|describe|summarize|show)\b/i.test(plain)) return await console.ask(plain);
    return await console.ask(wrapped);
  } finally {
    clearTimeout(timer);
  }
}
