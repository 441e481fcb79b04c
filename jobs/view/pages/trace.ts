import { quote } from '../../../pipeline/warehouse/database.ts';
import { beginning, type Html, html } from '../../report/html.ts';
import type { Row } from '../../report/section.ts';
import { decimal, shortId, some, words } from '../../report/words.ts';
import { diffHtml } from '../diff.ts';
import { layout } from '../layout.ts';
import { type Ask, htmlReply, NotFound, type Page, textReply } from '../reply.ts';
import { chunkSize, stepsFound, stepsHtml, type TraceId, whereOf } from './steps.ts';

const tabs = ['steps', 'diff', 'tests', 'about'] as const;

/** A trace, step by step. */
export const trace: Page = async (ask) => {
  const id = await idOf(ask);
  const [row] = await ask.reader.rows(`select * from traces where ${whereOf(id)}`);
  if (!row) throw new NotFound(`There is no trace ${id.trace_id} in round ${ask.path[0]}.`);
  if (ask.isPart) return htmlReply(await stepsHtml(id, number(ask, 'from'), number(ask, 'from') + chunkSize - 1, ask));
  const tab = tabs.find((name) => name === ask.query.get('tab')) ?? 'steps';
  const body = html`<header class="trace-head"><h1><code>${shortId(id.trace_id)}</code> <span class="outcome ${row.outcome}">${row.outcome}</span></h1>
<p class="lead">${facts(row, ask)}</p>${await neighbours(row, id, ask)}
<nav class="tabs" aria-label="Parts of the trace">${tabs.map((name) => html`<a href="${ask.at(addressOf(id), { tab: name === 'steps' ? null : name })}"${name === tab ? html` aria-current="page"` : ''}>${name}</a>`)}</nav></header>
${await partOf(tab, row, id, ask)}`;
  return htmlReply(layout({ title: `Trace ${shortId(id.trace_id)}`, place: 'traces', body }, ask));
};

const addressOf = ({ round, trace_id }: TraceId): string => `trace/${round}/${trace_id}`;
const number = (ask: Ask, name: string): number => Math.max(1, Math.floor(Number(ask.query.get(name))) || 1);

/** Evidence names a trace by its id alone: then its first round is looked up. */
async function idOf({ path: [given = '', trace_id = ''], reader }: Ask): Promise<TraceId> {
  if (/^\d{1,9}$/.test(given)) return { round: Number(given), trace_id };
  const [row] = await reader.rows(
    `select min(round)::integer as round from trace_list where trace_id = ${quote(trace_id)}`,
  );
  if (given !== 'any' || row?.round == null) throw new NotFound(`There is no trace ${trace_id}.`);
  return { round: Number(row.round), trace_id };
}

const facts = (row: Row, ask: Ask): Html =>
  html`${[
    (row.model_name ?? row.agent_name) ? html`${row.model_name ?? row.agent_name}` : null,
    row.task_id ? (row.repository_id ? ask.links.task(row.task_id) : html`${row.task_id}`) : null,
    row.failure_mode && row.failure_mode !== 'ok' ? html`${words(row.failure_mode)}` : null,
    html`${some(row.step_count, 'step')}`,
    row.reward === null ? null : html`reward ${decimal(row.reward)}`,
    row.cost_usd === null ? null : html`$${row.cost_usd.toFixed(2)}`,
    html`round <a href="${ask.at(`round/${row.round}`)}">${row.round}</a>`,
  ]
    .filter((fact) => fact !== null)
    .map((fact, i) => html`${i > 0 ? ' · ' : ''}${fact}`)}`;

/** The attempts before and after it: at the same task if it has one, else in the list. */
async function neighbours(row: Row, { round, trace_id }: TraceId, ask: Ask): Promise<Html> {
  const same = row.task_id ? `and task_id = ${quote(row.task_id)}` : 'and task_id is null';
  const rows = await ask.reader.rows(
    `select before, after, place, total from (
       select trace_id, lag(trace_id) over w as before, lead(trace_id) over w as after, row_number() over w as place, count(*) over () as total
       from trace_list where round = ${round} ${same} window w as (order by coalesce(attempt, 0), trace_id)
     ) where trace_id = ${quote(trace_id)}`,
  );
  const { before, after, place, total } = rows[0] ?? {};
  const link = (label: string, rel: string, other: unknown) =>
    other ? html`<a rel="${rel}" href="${ask.at(addressOf({ round, trace_id: String(other) }))}">${label}</a>` : '';
  return html`<p class="neighbours">${link('← previous', 'prev', before)} <span class="muted">attempt ${place ?? 1} of ${total ?? 1}${row.task_id ? ' at this task' : ''}</span> ${link('next →', 'next', after)}</p>`;
}

async function partOf(tab: (typeof tabs)[number], row: Row, id: TraceId, ask: Ask): Promise<Html> {
  if (tab === 'diff')
    return row.submission
      ? diffHtml(row.submission, 'What was submitted')
      : html`<p class="empty">Nothing was submitted.</p>`;
  if (tab === 'tests') return tests(id, ask);
  if (tab === 'about') return about(row);
  return steps(row, id, ask);
}

const toggles = ['reasoning', 'message', 'call', 'result'];

async function steps(row: Row, id: TraceId, ask: Ask): Promise<Html> {
  const wanted = number(ask, 'from');
  const from = wanted - ((wanted - 1) % chunkSize);
  const text = ask.query.get('q') ?? '';
  const found = text === '' ? [] : await stepsFound(id, text, ask);
  const chunks = Array.from({ length: Math.ceil(row.step_count / chunkSize) }, (_, i) => i * chunkSize + 1);
  const pieces = await Promise.all(
    chunks.map(async (start) =>
      start === from
        ? filled(start, await stepsHtml(id, start, start + chunkSize - 1, ask))
        : empty(start, row.step_count, id, ask),
    ),
  );
  return html`<div class="tools"><form class="filters" role="search" method="get" action="${ask.at(addressOf(id))}" data-find="${ask.at(`found/${id.round}/${id.trace_id}`)}"><label class="search"><span>Search this trace</span><input type="search" name="q" value="${text}" autocomplete="off"></label><output aria-live="polite">${text === '' ? '' : some(found.length, 'step')}</output></form>
<fieldset class="toggles"><legend>Show</legend>${toggles.map((name) => html`<label><input type="checkbox" checked data-toggle="${name}"> ${name === 'call' ? 'calls' : name === 'message' ? 'messages' : name === 'result' ? 'results' : name}</label>`)}</fieldset></div>
${found.length > 0 ? html`<p class="found">Found in steps ${found.slice(0, 200).map((n) => html`<a href="${ask.at(addressOf(id), { from: n, q: text })}#step-${n}">${n}</a> `)}</p>` : ''}
<div id="steps" data-steps="${row.step_count}" data-chunk="${chunkSize}" data-part="${ask.at(addressOf(id))}" data-testid="steps">${pieces}</div>`;
}

const filled = (start: number, inner: Html): Html =>
  html`<ol class="chunk" data-from="${start}" start="${start}">${inner}</ol>`;

const empty = (start: number, count: number, id: TraceId, ask: Ask): Html => {
  const last = Math.min(count, start + chunkSize - 1);
  return html`<ol class="chunk waiting" data-from="${start}" start="${start}" style="min-height:${(last - start + 1) * 160}px"><li><a href="${ask.at(addressOf(id), { from: start })}">steps ${start} to ${last}</a></li></ol>`;
};

async function tests(id: TraceId, ask: Ask): Promise<Html> {
  const rows = await ask.reader.rows(
    `select test_id, expectation, status, duration_ms from test_outcomes where ${whereOf(id)} order by expectation, status, test_id limit 2000`,
  );
  if (rows.length === 0) return html`<p class="empty">No test was run after it, or none was recorded.</p>`;
  return html`<table><caption>What the verifier saw</caption><thead><tr><th scope="col">test</th><th scope="col">expected</th><th scope="col">came out</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><td><code>${beginning(String(row.test_id), 400)}</code></td><td>${words(String(row.expectation))}</td><td><span class="outcome ${row.status === 'passed' ? 'resolved' : 'unresolved'}">${row.status}</span></td></tr>\n`,
  )}</tbody></table>`;
}

const about = (row: Row): Html =>
  html`<table><tbody>${Object.entries(row)
    .filter(([name, value]) => value !== null && !['submission'].includes(name))
    .map(
      ([name, value]) =>
        html`<tr><th scope="row">${name}</th><td><pre class="text">${beginning(typeof value === 'string' ? value : JSON.stringify(value), 4000)}</pre></td></tr>`,
    )}</tbody></table>`;

/** Numbers of the steps that say something, for the search box. */
export const found: Page = async (ask) => {
  const text = ask.query.get('q') ?? '';
  const numbers = text === '' ? [] : await stepsFound(await idOf(ask), text, ask);
  return { status: 200, type: 'application/json', body: JSON.stringify(numbers) };
};

const parts: Record<string, [table: string, column: string]> = {
  message: ['steps', 'message'],
  reasoning_content: ['steps', 'reasoning_content'],
  done: ['tool_calls', 'coalesce(command, arguments)'],
  function_name: ['tool_calls', 'function_name'],
  result_content: ['tool_calls', 'result_content'],
};

/** One text of a step, whole, as plain text. */
export const wholeText: Page = async (ask) => {
  const part = parts[ask.query.get('part') ?? ''];
  const step = Number(ask.path[2]);
  if (!part || !Number.isInteger(step)) throw new NotFound('A text is named by its step and part.');
  const [table, column] = part;
  const call = table === 'tool_calls' ? `and call_index = ${Math.floor(Number(ask.query.get('call')) || 0)}` : '';
  const [row] = await ask.reader.rows(
    `select ${column} as text from ${table} where ${whereOf(await idOf(ask))} and step_id = ${step} ${call}`,
  );
  if (!row) throw new NotFound(`There is no such step.`);
  return textReply(String(row.text ?? ''));
};
