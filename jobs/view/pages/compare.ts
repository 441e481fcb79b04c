import { explainDifference } from '../../../pipeline/runner.ts';
import { type Html, html } from '../../report/html.ts';
import type { Row } from '../../report/section.ts';
import { table } from '../../report/table.ts';
import { decimal, percent, seconds, whole } from '../../report/words.ts';
import { layout } from '../layout.ts';
import { type Ask, htmlReply, type Page } from '../reply.ts';
import { roundOf } from './round.ts';

const measures: readonly [string, string, (value: any) => string][] = [
  ['candidate_count', 'candidates', whole],
  ['valid_count', 'passed the gates', whole],
  ['selected_count', 'selected', whole],
  ['skill_count', 'standing skill cards', whole],
  ['repair_after', 'held-out repair', (v) => percent(v, 1)],
  ['unique_execution_count', 'executions run anew', whole],
  ['wall_s', 'wall time', seconds],
  ['alignment_share', 'share of alignment', (v) => percent(v, 1)],
];

/** Two rounds side by side. */
export const compare: Page = async (ask) => {
  const rounds = ask.reader.rounds;
  const a = roundOf(ask, ask.query.get('a') ?? String(rounds.at(-2) ?? rounds[0] ?? ''));
  const b = roundOf(ask, ask.query.get('b') ?? String(rounds.at(-1) ?? ''));
  const rows = await ask.reader.rows(`select * from round_summary where round in (${a}, ${b})`);
  const of = (n: number) => rows.find((row) => row.round === n) ?? {};
  const body = html`<h1>Round ${a} against round ${b}</h1>${chooser(ask, a, b)}
<h2>Figures</h2><table><thead><tr><th scope="col"></th><th scope="col" class="number">round ${a}</th><th scope="col" class="number">round ${b}</th></tr></thead><tbody>${measures.map(([name, label, show]) => html`<tr><th scope="row">${label}</th><td class="number">${show(of(a)[name])}</td><td class="number">${show(of(b)[name])}</td></tr>`)}</tbody></table>
${await differences(ask, a, b)}`;
  return htmlReply(layout({ title: `Round ${a} against ${b}`, place: 'compare', body }, ask));
};

function chooser({ at, reader }: Ask, a: number, b: number): Html {
  const menu = (name: string, label: string, chosen: number) =>
    html`<label><span>${label}</span><select name="${name}">${reader.rounds.map((n) => html`<option value="${n}"${n === chosen ? html` selected` : ''}>round ${n}</option>`)}</select></label>`;
  return html`<form class="filters" method="get" action="${at('compare')}">${menu('a', 'before', a)}${menu('b', 'after', b)}<button>Compare</button></form>`;
}

async function differences(ask: Ask, a: number, b: number): Promise<Html> {
  const { reader } = ask;
  const fates = await reader.rows(
    `select ended_at, reason, count_if(round = ${a})::integer as "round ${a}", count_if(round = ${b})::integer as "round ${b} "
     from task_list where round in (${a}, ${b}) group by all order by all`,
  );
  const mistakes = await reader.rows(
    `select operator as mistake, count_if(traces.round = ${a})::integer as "attempts ${a}", count_if(traces.round = ${b})::integer as "attempts ${b} ",
       count_if(traces.round = ${a} and outcome = 'resolved') / nullif(count_if(traces.round = ${a}), 0) as before,
       count_if(traces.round = ${b} and outcome = 'resolved') / nullif(count_if(traces.round = ${b}), 0) as after
     from traces inner join answer_keys on traces.task_id = answer_keys.task_id
     where traces.round in (${a}, ${b}) group by operator order by operator`,
  );
  return html`<h2>Where candidates ended</h2>${table(fates, 'Candidates by where they ended')}
<h2>Repair by kind of mistake</h2>${table(mistakes.map(withRates), 'Share of attempts that repaired their task')}
<h2>Skill cards</h2>${await cards(ask, a, b)}
<h2>Settings and code</h2>${await settings(ask, a, b)}`;
}

const withRates = ({ before, after, ...row }: Row): Row => ({
  ...row,
  before: percent(before),
  after: percent(after),
  change: before === null || after === null ? '–' : `${decimal(100 * (after - before), 0)} points`,
});

async function cards(ask: Ask, a: number, b: number): Promise<Html> {
  const rows = await ask.reader.rows(
    `with old as (select * from skills where round = ${a}), new as (select * from skills where round = ${b})
     select case when old.skill_id is null then 'new' when new.skill_id is null then 'gone' else new.lineage end as became,
       coalesce(new.skill_id, old.skill_id) as skill_id, coalesce(new.name, old.name) as name, old.lift as lift_before, new.lift as lift_after
     from old full outer join new on old.skill_id = new.skill_id order by 1, 2`,
  );
  if (rows.length === 0) return html`<p class="empty">Neither round has cards.</p>`;
  return html`<table><thead><tr><th scope="col">became</th><th scope="col">card</th><th scope="col" class="number">lift before</th><th scope="col" class="number">lift after</th></tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr><td>${row.became}</td><td>${ask.links.skill(String(row.skill_id), String(row.name))}</td><td class="number">${decimal(row.lift_before)}</td><td class="number">${decimal(row.lift_after)}</td></tr>`,
  )}</tbody></table>`;
}

async function settings({ reader }: Ask, a: number, b: number): Promise<Html> {
  const before = new Map((await reader.warehouse.manifests(a)).map((m) => [m.ingredients.stage, m.ingredients]));
  const lines = (await reader.warehouse.manifests(b)).flatMap(({ ingredients }) => {
    const old = before.get(ingredients.stage);
    const of = (i: typeof ingredients) => ({ ...i, inputs: {}, seed: '' });
    return old
      ? explainDifference(of(old), of(ingredients)).map((line) => ({ stage: ingredients.stage, difference: line }))
      : [];
  });
  return lines.length === 0
    ? html`<p class="note">Stages that both rounds ran had the same settings, versions and ports.</p>`
    : table(lines, 'What differs besides inputs and seed');
}
