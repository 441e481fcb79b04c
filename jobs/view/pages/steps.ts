import { quote } from '../../../pipeline/warehouse/database.ts';
import { type Html, html } from '../../report/html.ts';
import type { Row } from '../../report/section.ts';
import { whole } from '../../report/words.ts';
import type { Ask } from '../reply.ts';

/** Steps in one piece of a page; the rest is fetched when one comes near. */
export const chunkSize = 100;
/** Characters of one text that a page shows; all of it is a link away. */
const mostText = 12_000;

export interface TraceId {
  round: number;
  trace_id: string;
}

export const whereOf = ({ round, trace_id }: TraceId): string => `round = ${round} and trace_id = ${quote(trace_id)}`;

/** Steps from one to another, both included. */
export async function stepsHtml(trace: TraceId, from: number, to: number, ask: Ask): Promise<Html> {
  const { reader } = ask;
  const range = `${whereOf(trace)} and step_id between ${from} and ${to}`;
  const cut = (name: string) => `left(${name}, ${mostText}) as ${name}, length(${name}) as ${name}_length`;
  const steps = await reader.rows(
    `select step_id, source, role_raw, agent_role, ${cut('message')}, ${cut('reasoning_content')}, probability, error_kind, is_copied_context, is_sidechain from steps where ${range} order by step_id`,
  );
  const calls = await reader.rows(
    `select step_id, call_index, ${cut('function_name')}, ${cut('coalesce(command, arguments)').replaceAll(/as coalesce\(command, arguments\)(\w*)/g, 'as done$1')}, ${cut('result_content')}, exit_code, is_error, error_class from tool_calls where ${range} order by step_id, call_index`,
  );
  const callsOf = Map.groupBy(calls, (call) => call.step_id);
  return html`${steps.map((step) => stepHtml(step, callsOf.get(step.step_id) ?? [], trace, ask))}`;
}

function stepHtml(step: Row, calls: readonly Row[], trace: TraceId, ask: Ask): Html {
  const text = (name: string, part: string, row: Row, call?: number): Html =>
    row[`${name}_length`] > mostText
      ? html`${row[name]}… <a href="${ask.at(`text/${trace.round}/${trace.trace_id}/${step.step_id}`, { part, call })}">all ${whole(row[`${name}_length`])} characters</a>`
      : html`${row[name]}`;
  return html`<li class="step ${step.source}" id="step-${step.step_id}" data-step="${step.step_id}" tabindex="-1" aria-label="Step ${step.step_id}">
<header><a class="number" href="#step-${step.step_id}">${step.step_id}</a> <span class="muted">${step.role_raw ?? step.source}${step.agent_role ? ` · ${step.agent_role}` : ''}${step.probability === null ? '' : ` · p ${step.probability.toFixed(3)}`}${step.is_copied_context ? ' · copied context' : ''}${step.is_sidechain ? ' · side conversation' : ''}</span>${step.error_kind ? html` <span class="outcome unresolved">${step.error_kind}</span>` : ''}</header>
${step.reasoning_content ? html`<pre class="text reasoning">${text('reasoning_content', 'reasoning_content', step)}</pre>` : ''}
${step.message ? html`<pre class="text message">${text('message', 'message', step)}</pre>` : ''}
${calls.map(
  (call) =>
    html`<div class="call${call.is_error ? ' failed' : ''}"><pre class="text done"><b>${call.function_name}</b> ${text('done', 'done', call, call.call_index)}</pre>${call.result_content ? html`<pre class="text result">${text('result_content', 'result_content', call, call.call_index)}</pre>` : ''}${call.error_class || (call.exit_code !== null && call.exit_code !== 0) ? html`<p class="note">${[call.error_class, call.exit_code === null ? null : `exit code ${call.exit_code}`].filter(Boolean).join(', ')}</p>` : ''}</div>`,
)}</li>\n`;
}

/** Steps that say something, by number. */
export async function stepsFound(trace: TraceId, text: string, ask: Ask): Promise<number[]> {
  const wanted = quote(text.toLowerCase());
  const has = (...names: string[]) => names.map((name) => `contains(lower(${name}), ${wanted})`).join(' or ');
  const rows = await ask.reader.rows(
    `select distinct step_id from (
       select step_id from steps where ${whereOf(trace)} and (${has('message', 'reasoning_content')})
       union all
       select step_id from tool_calls where ${whereOf(trace)} and (${has('function_name', 'command', 'arguments', 'result_content')})
     ) order by step_id`,
  );
  return rows.map((row) => Number(row.step_id));
}
