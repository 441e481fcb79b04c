import type { Database } from '../../pipeline/warehouse/database.ts';
import { type Answer, answersOf, byName, reportQueries } from './answers.ts';
import { type Html, html } from './html.ts';
import type { Context, Drawn, Section } from './section.ts';
import { alignment } from './sections/alignment.ts';
import { costs } from './sections/costs.ts';
import { coverage } from './sections/coverage.ts';
import { failures } from './sections/failures.ts';
import { funnel } from './sections/funnel.ts';
import { provenance } from './sections/provenance.ts';
import { skills } from './sections/skills.ts';
import { stability } from './sections/stability.ts';
import { training } from './sections/training.ts';
import { table } from './table.ts';

/** The story of a round: what goes wrong, what was made against it, whether it helped, and what it rests on. */
export const sections: readonly Section[] = [
  failures,
  skills,
  funnel,
  alignment,
  training,
  coverage,
  stability,
  costs,
  provenance,
];

export interface Chapter {
  section: Section;
  drawn: Drawn;
  answers: Answer[];
}

/** The chapters in order, each as soon as it is drawn. */
export async function* eachChapter(database: Database, context: Context): AsyncGenerator<Chapter> {
  const queries = await reportQueries();
  for (const section of sections) {
    const answers = await answersOf(section, { database, queries, round: context.round });
    yield { section, drawn: section.draw(byName(answers), context), answers };
  }
}

/** A chapter with the query behind it and the first rows of its answer. */
export const chapterHtml = ({ section, drawn, answers }: Chapter, rowsShown = 60): Html =>
  html`<section id="${section.id}" data-testid="section-${section.id}" aria-labelledby="${section.id}-title">
<h2 id="${section.id}-title">${section.title}</h2>
<p class="finding">${drawn.finding}</p>
${drawn.body}
${answers.map((answer) => behind(answer, rowsShown))}
</section>`;

const behind = ({ name, purpose, sql, rows }: Answer, most: number): Html =>
  html`<details class="behind"><summary>${name}.sql <span class="muted">${purpose}</span></summary>
<pre class="sql">${sql}</pre>
${table(rows.map(withoutVectors), `${name}: ${rows.length.toLocaleString('en')} rows`, most)}</details>`;

/** Thousands of floats say nothing to a reader. */
const withoutVectors = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      Array.isArray(value) && typeof value[0] === 'number' && value.length > 16 ? `${value.length} numbers` : value,
    ]),
  );
