import { quote } from '../../../pipeline/warehouse/database.ts';
import { forRound, reportQueries } from '../../report/answers.ts';
import { html } from '../../report/html.ts';
import { skills } from '../../report/sections/skills.ts';
import { decimal, percent, whole } from '../../report/words.ts';
import { layout } from '../layout.ts';
import { htmlReply, NotFound, type Page } from '../reply.ts';
import { roundOf } from './round.ts';

/** A card as it stands in a round, what it was before, and the tasks it asked for. */
export const skill: Page = async (ask) => {
  const id = ask.path[0] ?? '';
  const { reader } = ask;
  const history = await reader.rows(
    `select round, name, lineage, support, attempt_count, failure_rate, lift, merged_into from skills where skill_id = ${quote(id)} order by round`,
  );
  if (history.length === 0) throw new NotFound(`There is no skill ${id}.`);
  const round = roundOf(ask, ask.query.get('round') ?? String(history.at(-1)!.round));
  const queries = await reportQueries();
  const answer = async (name: string) =>
    (await reader.rows(forRound(queries.get(name)!.sql, round))).filter((row) => row.skill_id === id);
  const answers = Object.fromEntries(
    await Promise.all(skills.queries.map(async (name) => [name, await answer(name)] as const)),
  );
  const manifests = await ask.reader.warehouse.manifests(round);
  const drawn = skills.draw(answers, { round, links: ask.links, manifests });
  const body = html`<h1>${history.at(-1)!.name}</h1>
<p class="lead">Round ${round}. <a href="${ask.at('tasks', { round, skill: String(history.at(-1)!.name) })}">Tasks it asked for</a></p>
${drawn.body}
<h2>Over rounds</h2><table><thead><tr><th scope="col">round</th><th scope="col">became</th><th scope="col" class="number">tasks</th><th scope="col" class="number">attempts</th><th scope="col" class="number">failed</th><th scope="col" class="number">lift</th></tr></thead><tbody>${history.map(
    (row) =>
      html`<tr><td><a href="${ask.at(`skill/${id}`, { round: row.round })}">${row.round}</a></td><td>${row.lineage}${row.merged_into ? html` into ${ask.links.skill(String(row.merged_into))}` : ''}</td><td class="number">${whole(row.support)}</td><td class="number">${whole(row.attempt_count)}</td><td class="number">${percent(row.failure_rate)}</td><td class="number">${decimal(row.lift)}</td></tr>`,
  )}</tbody></table>`;
  return htmlReply(layout({ title: String(history.at(-1)!.name), place: 'skills', body }, ask));
};
