import { html } from '../html.ts';
import { chart, colour, Plot } from '../plot.ts';
import { type Drawn, nothing, type Row, type Section } from '../section.ts';
import { percent, some, words } from '../words.ts';
import { foreignMap, modesChart, trend } from './failure-charts.ts';

/** Kinds of mistake and libraries that one chart can hold. */
const mostKinds = 26;
const mostPlaces = 24;

/** What the agent gets wrong. */
export const failures: Section = {
  id: 'failures',
  title: 'What the agent gets wrong',
  queries: ['failures_by_repository', 'failures_by_round', 'failure_modes', 'foreign_failures'],
  draw({ failures_by_repository: places, failures_by_round: rounds, failure_modes, foreign_failures }, { round }) {
    if (places!.length === 0 && foreign_failures!.length === 0)
      return nothing('No attempt at a task with a known mistake was recorded before this round.');
    const own = places!.length > 0 ? ownFailures(places!, rounds!, failure_modes!, round) : null;
    const foreign = foreign_failures!.length > 0 ? [foreignMap(foreign_failures!)] : [];
    return {
      finding: own?.finding ?? html`Errors that imported attempts meet.`,
      body: [...(own?.body ?? []), ...foreign],
    };
  },
};

function ownFailures(places: readonly Row[], rounds: readonly Row[], modes: readonly Row[], round: number): Drawn {
  const kinds = totals(places, 'operator');
  const attempts = kinds.reduce((sum, k) => sum + k.attempts, 0);
  const repaired = kinds.reduce((sum, k) => sum + k.repaired, 0);
  const worst = kinds.filter((k) => k.attempts >= 5).sort((a, b) => a.rate - b.rate || b.attempts - a.attempts)[0];
  const from = Math.max(0, round - 1);
  return {
    finding: html`Round ${from} left ${some(attempts, 'attempt')}, of which <b>${percent(repaired / Math.max(1, attempts))}</b> repaired their task. ${worst ? html`Hardest with at least five attempts: <em>${words(worst.name)}</em>, ${percent(worst.rate)} of ${worst.attempts}.` : ''}`,
    body: [
      heatmap(places),
      html`<p class="note">Colour: share of attempts of round ${from} that did not repair the task. Number: attempts. ${clipped(places)}</p>`,
      ...(new Set(rounds.map((r) => r.round)).size > 1 ? [trend(rounds)] : []),
      modesChart(modes),
    ],
  };
}

interface Total {
  name: string;
  attempts: number;
  repaired: number;
  rate: number;
}

function totals(rows: readonly Row[], column: string): Total[] {
  const groups = Map.groupBy(rows, (row) => String(row[column]));
  return [...groups]
    .map(([name, list]) => {
      const attempts = list.reduce((sum, row) => sum + row.attempt_count, 0);
      const repaired = list.reduce((sum, row) => sum + row.resolved_count, 0);
      return { name, attempts, repaired, rate: repaired / attempts };
    })
    .sort((a, b) => b.attempts - b.repaired - (a.attempts - a.repaired) || (a.name < b.name ? -1 : 1));
}

const clipped = (places: readonly Row[]): string => {
  const [kinds, libraries] = [totals(places, 'operator').length, totals(places, 'repository').length];
  return kinds > mostKinds || libraries > mostPlaces
    ? `Shown are the ${Math.min(kinds, mostKinds)} kinds and ${Math.min(libraries, mostPlaces)} libraries with most failures, of ${kinds} and ${libraries}.`
    : '';
};

function heatmap(places: readonly Row[]) {
  const kinds = totals(places, 'operator')
    .slice(0, mostKinds)
    .map((k) => k.name);
  const libraries = totals(places, 'repository')
    .slice(0, mostPlaces)
    .map((k) => k.name);
  const cells = places.filter((row) => kinds.includes(row.operator) && libraries.includes(row.repository));
  return chart({
    label: 'Share of attempts that failed, by kind of mistake and library',
    height: 24 * kinds.length + 120,
    marginLeft: 110,
    marginTop: 90,
    x: { axis: 'top', label: null, domain: libraries, tickRotate: -38, tickSize: 0, padding: 0.06 },
    y: { label: null, domain: kinds, tickSize: 0, padding: 0.08, tickFormat: words },
    marks: [
      Plot.cell(cells, { x: 'repository', y: 'operator', fill: 'var(--cell)', rx: 3 }),
      Plot.cell(cells, {
        x: 'repository',
        y: 'operator',
        rx: 3,
        fill: colour.lost,
        fillOpacity: { value: (d: Row) => 0.9 * (1 - d.repair_rate), scale: null } as never,
        title: (d) =>
          `${words(d.operator)} in ${d.repository}\n${d.resolved_count} of ${d.attempt_count} attempts repaired, ${d.task_count} tasks${d.usual_failure ? `\nmostly ${words(d.usual_failure)}` : ''}`,
      }),
      Plot.text(cells, {
        x: 'repository',
        y: 'operator',
        text: (d) => String(d.attempt_count),
        fontSize: 11,
        fill: (d) => (1 - d.repair_rate > 0.72 ? 'var(--on-lost)' : 'var(--ink)'),
      }),
    ],
    color: { type: 'identity' },
  });
}
