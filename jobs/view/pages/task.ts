import { quote } from '../../../pipeline/warehouse/database.ts';
import { beginning, type Html, html } from '../../report/html.ts';
import type { Row } from '../../report/section.ts';
import { decimal, percent, seconds, shortId, whole, words } from '../../report/words.ts';
import { diffHtml } from '../diff.ts';
import { layout } from '../layout.ts';
import { type Ask, htmlReply, NotFound, type Page } from '../reply.ts';

/** A task: what a Solver sees, what the gates said, what it is worth, where it comes from, and its sealed answer. */
export const task: Page = async (ask) => {
  const id = ask.path[0] ?? '';
  const { reader } = ask;
  const where = `where task_id = ${quote(id)}`;
  const first = async (sql: string) => (await reader.rows(sql))[0];
  const row =
    (await first(`select * from tasks ${where} order by round limit 1`)) ??
    (await first(`select * from trusted_tasks ${where} order by round limit 1`));
  if (!row) throw new NotFound(`There is no task ${id}.`);
  const key =
    (await first(`select * from answer_keys ${where} order by round limit 1`)) ??
    (await first(`select * from trusted_answer_keys ${where} order by round limit 1`));
  const library = await first(
    `select name from repositories where repository_id = ${quote(String(row.repository_id))} order by round limit 1`,
  );
  const verdicts = await reader.rows(`select * from verdicts ${where} order by round, gate_index`);
  const score = await first(
    `select scores.*, selections.rank, selections.policy from scores left join selections using (round, task_id) ${where} order by round limit 1`,
  );
  const attempts = await reader.rows(
    `select round, trace_id, attempt, outcome, failure_mode, step_count, reward from traces ${where} order by round, attempt, trace_id limit 200`,
  );
  const exports = await reader.rows(`select * from exports ${where} order by round, kind, profile, export_id`);
  const body = html`<h1>${library?.name ?? 'Task'} <code>${shortId(id)}</code></h1>
<p class="lead">${row.language}, ${words(String(row.split))}, round <a href="${ask.at(`round/${row.round}`)}">${row.round}</a>${row.skill_id ? html`; drills ${ask.links.skill(String(row.skill_id))}` : '; no skill asked for it'}</p>
<div class="columns"><div>
<h2>What a Solver sees</h2><pre class="text">${row.problem_statement}</pre><pre class="text"><code>${row.test_command}</code></pre>
${key ? answer(key) : ''}
</div><div>
<h2>Gates</h2>${gates(verdicts)}
<h2>Worth</h2>${worth(score)}
<h2>Exports</h2>${exportsTable(exports)}
<h2>Attempts</h2>${attemptsTable(attempts, ask)}
</div></div>`;
  return htmlReply(layout({ title: `Task ${shortId(id)}`, place: 'tasks', body, wide: true }, ask));
};

const answer = (key: Row): Html => html`<h2>The answer <span class="badge">sealed: no Solver sees this</span></h2>
<p>${words(key.operator)} in <code>${key.symbol}</code>, <code>${key.path}:${key.line}</code></p>
<h3>The bug</h3>${diffHtml(key.bug_patch, 'Patch that makes the bug')}
<h3>The fix</h3>${diffHtml(key.fix_patch, 'Patch that mends it')}
<h3>${whole(key.fail_to_pass.length)} tests must come to pass, ${whole(key.pass_to_pass.length)} must stay so</h3>
<ul class="tests">${key.fail_to_pass.slice(0, 100).map((test: string) => html`<li><span class="outcome unresolved">fails</span> <code>${test}</code></li>`)}</ul>
<details><summary>Tests that must keep passing</summary><ul class="tests">${key.pass_to_pass.slice(0, 500).map((test: string) => html`<li><code>${test}</code></li>`)}</ul></details>`;

const gates = (verdicts: readonly Row[]): Html =>
  verdicts.length === 0
    ? html`<p class="empty">No gate has judged it.</p>`
    : html`<table><thead><tr><th scope="col">gate</th><th scope="col">verdict</th><th scope="col" class="number">runs</th><th scope="col" class="number">time</th></tr></thead><tbody>${verdicts.map(
        (v) =>
          html`<tr><td>${v.gate}</td><td><span class="outcome ${v.passed ? 'resolved' : 'unresolved'}">${words(v.reason_code)}</span>${v.detail ? html`<br><span class="muted">${beginning(v.detail, 400)}</span>` : ''}<details><summary>evidence</summary><code>${beginning(v.evidence, 2000)}</code></details></td><td class="number">${v.run_count}</td><td class="number">${seconds(v.wall_ms / 1000)}</td></tr>`,
      )}</tbody></table>`;

const worth = (score: Row | undefined): Html =>
  score === undefined
    ? html`<p class="empty">It was not scored.</p>`
    : html`<ul class="figures"><li><b>${decimal(score.cosine)}</b> cosine</li><li><b>${decimal(score.cosine_sketch)}</b> by the sketch</li><li><b>${percent(score.pass_rate)}</b> pass rate</li><li><b>${decimal(score.reward)}</b> reward</li><li><b>${score.rank ?? '–'}</b> rank${score.policy ? `, ${score.policy}` : ''}</li></ul>${score.zero_reason ? html`<p class="note">No reward: ${score.zero_reason}.</p>` : ''}`;

const exportsTable = (exports: readonly Row[]): Html =>
  exports.length === 0
    ? html`<p class="empty">It is in no export.</p>`
    : html`<table class="exports"><thead><tr><th scope="col">kind</th><th scope="col" class="number">round</th><th scope="col">export</th><th scope="col">sha256</th></tr></thead><tbody>${exports.map(
        (e) =>
          html`<tr><td>${e.kind}${e.profile === e.kind ? '' : ` (${e.profile})`}</td><td class="number">${e.round}</td><td><code>${e.export_id}</code></td><td><code title="${e.digest}">${String(e.digest).slice(0, 12)}</code></td></tr>`,
      )}</tbody></table>`;

const attemptsTable = (attempts: readonly Row[], ask: Ask): Html =>
  attempts.length === 0
    ? html`<p class="empty">Nobody has attempted it.</p>`
    : html`<table class="list"><thead><tr><th scope="col">trace</th><th scope="col" class="number">round</th><th scope="col">outcome</th><th scope="col">went wrong</th><th scope="col" class="number">steps</th></tr></thead><tbody>${attempts.map(
        (t) =>
          html`<tr data-href="${ask.at(`trace/${t.round}/${t.trace_id}`)}"><td><a href="${ask.at(`trace/${t.round}/${t.trace_id}`)}"><code>${shortId(t.trace_id)}</code></a></td><td class="number">${t.round}</td><td><span class="outcome ${t.outcome}">${t.outcome}</span></td><td>${t.outcome === 'resolved' ? '' : words(t.failure_mode ?? '')}</td><td class="number">${t.step_count}</td></tr>`,
      )}</tbody></table>`;
