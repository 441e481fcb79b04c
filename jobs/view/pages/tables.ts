import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quote } from '../../../pipeline/warehouse/database.ts';
import { sqlFiles } from '../../../pipeline/warehouse/views.ts';
import { tables as allTables } from '../../../schemas/index.ts';
import { columnsOf } from '../../../schemas/table.ts';
import { csvOf } from '../../csv.ts';
import { html } from '../../report/html.ts';
import { whole } from '../../report/words.ts';
import { firstOf } from '../../sql.ts';
import { layout } from '../layout.ts';
import { type Ask, htmlReply, NotFound, type Page, type Reply, textReply } from '../reply.ts';
import { askWithin } from './sql.ts';

/** Every table: what it holds, how much, and a way to take it along. */
export const tables: Page = async (ask) => {
  const counted = await ask.reader.rows(
    allTables.map(({ name }) => `select '${name}' as name, count(*)::double as n from ${name}`).join(' union all ') +
      ' order by name',
  );
  const rowsOf = new Map(counted.map(({ name, n }) => [name, n as number]));
  const links = (name: string) =>
    (['csv', 'json', 'parquet'] as const).map(
      (as) => html`<a href="${ask.at('export', { query: `select * from ${name}`, as })}">${as}</a> `,
    );
  const body = html`<h1>Tables</h1><table><thead><tr><th scope="col">table</th><th scope="col">holds</th><th scope="col" class="number">rows</th><th scope="col">take along</th></tr></thead><tbody>${allTables.map(
    (t) =>
      html`<tr><td><a href="${ask.at('sql', { query: `select * from ${t.name} limit 200` })}"><code>${t.name}</code></a>${t.is_sealed ? html` <span class="badge">sealed</span>` : ''}</td><td>${t.doc}<details><summary>${columnsOf(t).length} columns</summary><dl>${columnsOf(t).map((c) => html`<dt><code>${c.name}</code> ${c.sql.toLowerCase()}</dt><dd>${c.doc}</dd>`)}</dl></details></td><td class="number">${whole(rowsOf.get(t.name))}</td><td>${links(t.name)}</td></tr>`,
  )}</tbody></table><h2>Marts</h2><table><tbody>${(await sqlFiles('marts')).map(({ name, header }) => html`<tr><td><a href="${ask.at('sql', { query: `select * from ${name} limit 200` })}"><code>${name}</code></a></td><td>${header.purpose}</td><td>${links(name)}</td></tr>`)}</tbody></table>`;
  return htmlReply(layout({ title: 'Tables', place: 'tables', body }, ask));
};

/** The whole answer of a query as a file. */
export const download: Page = async (ask) => {
  const query = (ask.query.get('query') ?? '').trim().replace(/;\s*$/, '');
  if (query === '') throw new NotFound('There is no query to export.');
  try {
    return await fileOf(query, ask.query.get('as'), ask);
  } catch (error) {
    return textReply(firstOf((error as Error).message), 400);
  }
};

async function fileOf(query: string, as: string | null, ask: Ask): Promise<Reply> {
  if (as === 'parquet') return parquet(query, ask);
  const rows = await askWithin(ask, query, query);
  if (as === 'json')
    return { status: 200, type: 'application/json', body: JSON.stringify(rows), download: 'answer.json' };
  return { status: 200, type: 'text/csv; charset=utf-8', body: csvOf(rows), download: 'answer.csv' };
}

/** By a file in the cache: the one folder, besides the warehouse, that the database may touch. */
async function parquet(query: string, ask: Ask): Promise<Reply> {
  const { console: database, warehouse } = ask.reader;
  await database.ask(`explain ${query}`);
  const file = join(dirname(warehouse.root), 'cache', 'view', `${randomUUID()}.parquet`);
  await mkdir(dirname(file), { recursive: true });
  try {
    await database.run(`copy (${query}\n) to ${quote(file)} (format parquet, compression zstd)`);
    return {
      status: 200,
      type: 'application/vnd.apache.parquet',
      body: await readFile(file),
      download: 'answer.parquet',
    };
  } finally {
    await rm(file, { force: true });
  }
}
