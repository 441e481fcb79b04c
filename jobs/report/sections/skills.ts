import { beginning, type Html, html } from '../html.ts';
import { chart, colour, legend, Plot } from '../plot.ts';
import { type Context, nothing, type Row, type Section } from '../section.ts';
import { decimal, percent, some, whole, words } from '../words.ts';

const mostCards = 24;

/** The cards that stand, what they rest on, and what came of them. */
export const skills: Section = {
  id: 'skills',
  title: 'Skill cards: what was made against it',
  queries: ['skill_cards', 'skill_evidence', 'skill_lineage'],
  draw({ skill_cards: cards, skill_evidence, skill_lineage }, context) {
    if (cards!.length === 0) return nothing('No skill card stands in this round.');
    const standing = cards!.filter((card) => card.is_standing);
    const fresh = standing.filter((card) => card.lineage === 'new').length;
    const made = cards!.reduce((sum, card) => sum + card.candidate_count, 0);
    const valid = cards!.reduce((sum, card) => sum + card.valid_count, 0);
    const shown = standing.slice(0, mostCards);
    return {
      finding: html`<b>${some(standing.length, 'card')}</b> stand${standing.length === 1 ? 's' : ''}, ${fresh} of them new; they asked for ${some(made, 'candidate')}, of which ${percent(made > 0 ? valid / made : null)} passed the gates.`,
      body: [
        lifts(standing.slice(0, 30)),
        html`<div class="cards">${shown.map((card) =>
          cardOf(
            card,
            skill_evidence!.filter((row) => row.skill_id === card.skill_id),
            skill_lineage!.filter((row) => row.skill_id === card.skill_id),
            context,
          ),
        )}</div>`,
        ...(standing.length > mostCards
          ? [html`<p class="note">${standing.length - mostCards} more cards are in the table below.</p>`]
          : []),
        gone(cards!.filter((card) => !card.is_standing)),
      ],
    };
  },
};

const cut = (name: string): string => (name.length > 44 ? `${name.slice(0, 43)}…` : name);

/** How much more often than elsewhere attempts fail where a card applies, with its interval. */
function lifts(cards: readonly Row[]): Html {
  if (cards.length === 0) return html``;
  const names = cards.map((card, i) => ({ ...card, label: `${i + 1}. ${cut(String(card.name))}` }) as Row);
  return html`${chart({
    label: 'Lift of each standing card with its 95 % interval',
    height: 22 * names.length + 60,
    marginLeft: 300,
    x: { label: 'lift: rate of what the card is about, over that of all attempts', grid: true, nice: true },
    y: { label: null, domain: names.map((card) => card.label), tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      Plot.ruleX([1], { stroke: colour.quiet, strokeDasharray: '3 3' }),
      Plot.ruleY(names, {
        x1: 'lift_low',
        x2: 'lift_high',
        y: 'label',
        stroke: kindColour,
        strokeWidth: 2.5,
        strokeOpacity: 0.45,
      }),
      Plot.dot(names, {
        x: 'lift',
        y: 'label',
        fill: kindColour,
        r: 5,
        title: (d) =>
          `${d.name}\nlift ${decimal(d.lift)} [${decimal(d.lift_low)}, ${decimal(d.lift_high)}], ${d.support} tasks, ${d.attempt_count} attempts`,
      }),
    ],
  })}${legend([...new Set(cards.map((card) => String(card.kind)))].sort().map((kind) => ({ label: kindName(kind), colour: kindColour({ kind }) })))}`;
}

const kinds: Record<string, string> = {
  anti_pattern: 'var(--lost)',
  strategy: 'var(--good)',
  remediation: 'var(--accent)',
};
const kindName = (kind: string): string => words(kind).replace('anti pattern', 'anti-pattern');
const kindColour = (card: Row): string => kinds[card.kind] ?? 'var(--quiet)';

function cardOf(card: Row, evidence: readonly Row[], lineage: readonly Row[], { links }: Context): Html {
  return html`<article class="card" style="--mark:${kindColour(card)}" id="card-${card.skill_id}">
<header><h3>${links.skill(card.skill_id, card.name)}</h3><p class="badges"><span>${kindName(card.kind)}</span><span>${card.lineage}</span>${history(lineage)}</p></header>
<p>${card.description}</p>
<dl><dt>Applies when</dt><dd>${card.applicability}</dd><dt>What to do</dt><dd><ol>${card.operations.map((step: string) => html`<li>${step}</li>`)}</ol></dd></dl>
<ul class="figures">
<li><b>${decimal(card.lift)}</b> lift <small>${decimal(card.lift_low)}–${decimal(card.lift_high)}</small></li>
<li><b>${whole(card.support)}</b> ${card.support === 1 ? 'task' : 'tasks'} <small>${whole(card.attempt_count)} attempts</small></li>
<li><b>${percent(card.coverage)}</b> coverage <small>of failed tasks</small></li>
<li><b>${whole(card.valid_count)}/${whole(card.candidate_count)}</b> valid <small>${whole(card.selected_count)} selected</small></li>
<li><b>${decimal(card.mean_cosine)}</b> cosine <small>mean</small></li>
</ul>
${evidence.length > 0 ? html`<details><summary>Evidence: ${some(evidence.length, 'step')}</summary>${evidence.map((row) => quoted(row, links))}</details>` : ''}
</article>`;
}

const history = (lineage: readonly Row[]): Html =>
  lineage.length < 2
    ? html``
    : html`<span class="history" title="attempts behind it">${lineage.map((row, i) => html`${i > 0 ? ' → ' : ''}r${row.round} ${row.attempt_count}`)}</span>`;

const quoted = (row: Row, links: Context['links']): Html =>
  html`<figure class="quote"><figcaption>${links.trace(row.trace_id, row.step_id)} <span class="muted">${row.outcome ?? ''}</span></figcaption><pre>${[
    row.message,
    row.done,
    row.came_back && `→ ${row.came_back}`,
  ]
    .filter(Boolean)
    .map((text) => beginning(String(text), 320))
    .join('\n')}</pre></figure>`;

const gone = (cards: readonly Row[]): Html =>
  cards.length === 0
    ? html``
    : html`<p class="note">Left the registry in this round: ${cards.slice(0, 20).map((card, i) => html`${i > 0 ? ', ' : ''}<em>${card.name}</em> (${card.lineage})`)}${cards.length > 20 ? ` and ${cards.length - 20} more` : ''}.</p>`;
