import { html } from '../../report/html.ts';
import { decimal, percent, shortId, whole, words } from '../../report/words.ts';
import { layout } from '../layout.ts';
import { type Column, type List, listForm, listPart } from '../list.ts';
import { type Ask, htmlReply, type Page } from '../reply.ts';

const id = (name: string, label: string): Column => ({
  name,
  label,
  show: (row) => html`<code>${shortId(String(row[name]))}</code>`,
});
const text = (name: string, label = words(name)): Column => ({
  name,
  label,
  show: (row) => words(String(row[name] ?? '')).slice(0, 80),
});
const number = (name: string, label: string, show: (value: any) => string): Column => ({
  name,
  label,
  is_number: true,
  show: (row) => show(row[name]),
});

const taskList = (ask: Ask): List => ({
  path: 'tasks',
  noun: 'task',
  table: 'task_list',
  key: ['round', 'task_id'],
  order: 'round desc, rank nulls last, cosine desc nulls last',
  filters: ['round', 'ended_at', 'reason', 'repository', 'operator', 'language', 'skill'],
  address: (row) => ask.at(`task/${row.task_id}`),
  columns: [
    id('task_id', 'task'),
    number('round', 'round', String),
    text('repository', 'library'),
    text('operator', 'mistake'),
    text('reason', 'ended'),
    number('rank', 'rank', whole),
    number('cosine', 'cosine', decimal),
    number('pass_rate', 'pass rate', percent),
    number('attempt_count', 'attempts', whole),
    number('resolved_count', 'repaired', whole),
  ],
});

const traceList = (ask: Ask): List => ({
  path: 'traces',
  noun: 'trace',
  table: 'trace_list',
  key: ['round', 'trace_id'],
  order: 'round desc',
  filters: ['round', 'outcome', 'failure_mode', 'repository', 'source_format', 'agent', 'task_id'],
  address: (row) => ask.at(`trace/${row.round}/${row.trace_id}`),
  columns: [
    id('trace_id', 'trace'),
    number('round', 'round', String),
    text('repository', 'repository'),
    text('agent', 'agent'),
    {
      name: 'outcome',
      label: 'outcome',
      show: (row) => html`<span class="outcome ${row.outcome}">${row.outcome}</span>`,
    },
    {
      name: 'failure_mode',
      label: 'went wrong',
      show: (row) => (row.outcome === 'resolved' ? '' : words(row.failure_mode ?? '')),
    },
    number('step_count', 'steps', whole),
    number('reward', 'reward', decimal),
    number('cost_usd', 'cost', (v) => (v === null ? '–' : `$${v.toFixed(2)}`)),
  ],
});

const skillList = (ask: Ask): List => ({
  path: 'skills',
  noun: 'card',
  table: 'skill_list',
  key: ['round', 'skill_id'],
  order: 'round desc, lift desc',
  filters: ['round', 'kind', 'lineage', 'operator'],
  address: (row) => ask.at(`skill/${row.skill_id}`, { round: row.round }),
  columns: [
    { name: 'name', label: 'card', show: (row) => String(row.name) },
    number('round', 'round', String),
    text('kind'),
    text('lineage'),
    number('support', 'tasks', whole),
    number('lift', 'lift', decimal),
    number('candidate_count', 'made', whole),
    number('valid_count', 'valid', whole),
    number('selected_count', 'selected', whole),
    number('mean_cosine', 'mean cosine', decimal),
  ],
});

function listPage(title: string, place: 'tasks' | 'traces' | 'skills', listOf: (ask: Ask) => List): Page {
  return async (ask) => {
    const list = listOf(ask);
    const part = await listPart(list, ask);
    if (ask.isPart) return htmlReply(part);
    const body = html`<h1>${title}</h1>${await listForm(list, ask)}${part}`;
    return htmlReply(layout({ title, place, body, wide: true }, ask));
  };
}

export const tasks = listPage('Tasks', 'tasks', taskList);
export const traces = listPage('Traces', 'traces', traceList);
export const skills = listPage('Skills', 'skills', skillList);
