import { html } from '../report/html.ts';
import type { Links } from '../report/section.ts';
import { shortId } from '../report/words.ts';
import type { Ask } from './reply.ts';

/** Ids as links to their pages. A trace is found by its id alone: its round is looked up on the way. */
export const linksTo = (at: Ask['at']): Links => ({
  task: (id) => html`<a href="${at(`task/${id}`)}"><code>${shortId(id)}</code></a>`,
  trace: (id, step) =>
    html`<a href="${at(`trace/any/${id}`, { from: step })}${step === undefined ? '' : `#step-${step}`}"><code>${shortId(id)}${step === undefined ? '' : `#${step}`}</code></a>`,
  skill: (id, label) => html`<a href="${at(`skill/${id}`)}">${label ?? html`<code>${shortId(id)}</code>`}</a>`,
  ended: (label, round, step, reason) => html`<a href="${at('tasks', { round, ended_at: step, reason })}">${label}</a>`,
});
