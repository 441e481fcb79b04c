import { quote } from '../../pipeline/warehouse/database.ts';
import { type Html, html } from '../report/html.ts';
import type { Row } from '../report/section.ts';
import { whole, words } from '../report/words.ts';
import type { Ask } from './reply.ts';

export interface Column {
  name: string;
  label: string;
  is_number?: boolean;
  show(row: Row): Html | string;
}

/** A list that can be searched, filtered, sorted and walked. */
export interface List {
  path: string;
  noun: string;
  /** Table in memory. */
  table: string;
  /** What ends every order. */
  key: readonly string[];
  columns: readonly Column[];
  /** Columns with few values, chosen from menus. */
  filters: readonly string[];
  /** Order when none is asked for. */
  order: string;
  address(row: Row): string;
}

const pageSize = 100;
const menuSize = 60;

/** The query of a list for what is asked. Values are quoted; names come from the list alone. */
function listQuery(list: List, query: URLSearchParams): { where: string; order: string; offset: number } {
  const clauses = [...list.filters, ...list.key].flatMap((name) => {
    const value = query.get(name);
    if (!value) return [];
    return [value === '(none)' ? `${name} is null` : `${name}::varchar = ${quote(value)}`];
  });
  for (const word of (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean))
    clauses.push(`contains(search_text, ${quote(word)})`);
  const [name = '', way] = (query.get('sort') ?? '').split('.');
  const sorted = list.columns.some((column) => column.name === name)
    ? `${name} ${way === 'down' ? 'desc' : 'asc'} nulls last, `
    : `${list.order}, `;
  const page = Math.max(1, Math.floor(Number(query.get('page')) || 1));
  return {
    where: clauses.length > 0 ? `where ${clauses.join(' and ')}` : '',
    order: `order by ${sorted}${list.key.join(', ')}`,
    offset: (page - 1) * pageSize,
  };
}

/** The rows with their count, in one part that a filter replaces. */
export async function listPart(list: List, ask: Ask): Promise<Html> {
  const { where, order, offset } = listQuery(list, ask.query);
  const { reader } = ask;
  const [counted] = await reader.rows(`select count(*)::integer as n from ${list.table} ${where}`);
  const total = Number(counted!.n);
  const rows = await reader.rows(
    `select * exclude (search_text) from ${list.table} ${where} ${order} limit ${pageSize} offset ${offset}`,
  );
  return html`<div id="list" data-testid="list"><p class="count" role="status">${whole(total)} ${total === 1 ? list.noun : `${list.noun}s`}${pager(list, ask, total, offset)}</p>
${rows.length === 0 ? html`<p class="empty">Nothing fits. Take a filter away.</p>` : rowsTable(list, ask, rows)}</div>`;
}

function rowsTable(list: List, ask: Ask, rows: readonly Row[]): Html {
  return html`<div class="scroll"><table class="list"><thead><tr>${list.columns.map((column) => heading(column, list, ask))}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr data-href="${list.address(row)}">${list.columns.map((column, i) => html`<td class="${column.is_number ? 'number' : ''}">${i === 0 ? html`<a href="${list.address(row)}">${column.show(row)}</a>` : column.show(row)}</td>`)}</tr>\n`,
  )}</tbody></table></div>`;
}

function heading({ name, label, is_number }: Column, list: List, ask: Ask): Html {
  const [sorted, way] = (ask.query.get('sort') ?? '').split('.');
  const next = sorted === name && way === 'down' ? 'up' : 'down';
  const direction = sorted !== name ? 'none' : way === 'down' ? 'descending' : 'ascending';
  const address = ask.at(list.path, { ...Object.fromEntries(ask.query), page: null, sort: `${name}.${next}` });
  return html`<th scope="col" class="${is_number ? 'number' : ''}" aria-sort="${direction}"><a href="${address}" data-part>${label}${direction === 'none' ? '' : direction === 'descending' ? ' ↓' : ' ↑'}</a></th>`;
}

function pager(list: List, ask: Ask, total: number, offset: number): Html {
  const page = offset / pageSize + 1;
  const last = Math.max(1, Math.ceil(total / pageSize));
  const to = (n: number) => ask.at(list.path, { ...Object.fromEntries(ask.query), page: n });
  if (last === 1) return html``;
  return html` <span class="pager">${page > 1 ? html`<a rel="prev" data-part href="${to(page - 1)}">previous</a>` : ''} page ${page} of ${whole(last)} ${page < last ? html`<a rel="next" data-part href="${to(page + 1)}">next</a>` : ''}</span>`;
}

/** Search and menus. It is a form that works without a script; with one it answers while one types. */
export async function listForm(list: List, ask: Ask): Promise<Html> {
  const menus: Html[] = [];
  for (const name of list.filters) menus.push(await menu(name, list, ask));
  return html`<form class="filters" action="${ask.at(list.path)}" method="get" role="search" data-live>
<label class="search"><span>Search</span><input type="search" name="q" value="${ask.query.get('q') ?? ''}" autocomplete="off" placeholder="words, ids, statements"></label>
${menus}
${ask.query.get('sort') ? html`<input type="hidden" name="sort" value="${ask.query.get('sort')}">` : ''}
<noscript><button>Filter</button></noscript></form>`;
}

async function menu(name: string, list: List, ask: Ask): Promise<Html> {
  const rows = await ask.reader.rows(
    `select coalesce(${name}::varchar, '(none)') as value, count(*)::integer as n from ${list.table} group by 1 order by ${name === 'round' ? 'any_value(round) desc' : 'n desc'}, value limit ${menuSize}`,
  );
  const chosen = ask.query.get(name) ?? '';
  const known = rows.some((row) => row.value === chosen) || chosen === '';
  return html`<label><span>${words(name)}</span><select name="${name}"><option value="">any</option>${known ? '' : html`<option selected value="${chosen}">${chosen}</option>`}${rows.map(
    (row) =>
      html`<option value="${String(row.value)}"${row.value === chosen ? html` selected` : ''}>${words(String(row.value)).slice(0, 60)} (${whole(row.n)})</option>`,
  )}</select></label>`;
}
