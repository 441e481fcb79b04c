import { type Attempt, editStep } from './attempts.ts';
import { pathOf } from './contrasts.ts';
import { placeOf } from './patch-symbols.ts';
import { type ForeignPattern, isFailed, measure, noFacts, rank, tasksOf } from './pattern.ts';
import { issueWords, testForms } from './words.ts';

const fewestWins = 3;
const isWon = (attempt: Attempt): boolean => !isFailed(attempt);

/** Places where changes have resolved tasks more often than elsewhere in the repository. */
export function fruitfulPlaces(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  return [...byPlace(all)]
    .filter(([, showing]) => showing.filter(isWon).length >= fewestWins)
    .map(([place, showing]) => {
      const won = showing.filter(isWon);
      const evidence = won.map((attempt) => ({
        attempt,
        step_id: editStep(attempt, pathOf(place)),
        note: `changes ${place} and resolves ${attempt.task_id}`,
      }));
      const figures = measure(showing, all, isWon);
      const facts = { ...noFacts, ...told(place, won), peers: showing.length };
      const named = { kind: 'strategy', about: 'fruitful_place', repo, key: place } as const;
      return { ...named, evidence, task_ids: tasksOf(evidence), ...figures, facts };
    });
}

function byPlace(all: readonly Attempt[]): Map<string, Attempt[]> {
  const found = new Map<string, Attempt[]>();
  for (const attempt of all)
    for (const place of new Set(attempt.hunks.flatMap((hunk) => [hunk.path, placeOf(hunk)])))
      found.set(place, [...(found.get(place) ?? []), attempt]);
  return found;
}

/** What the attempts that succeeded there have in common. */
function told(place: string, won: readonly Attempt[]) {
  const hunksOf = ({ hunks }: Attempt) => hunks.filter((hunk) => hunk.path === pathOf(place));
  const words = rank(won.flatMap((attempt) => [...new Set(hunksOf(attempt).flatMap((hunk) => [...hunk.added]))]));
  const symbols = rank(won.flatMap((attempt) => [...new Set(hunksOf(attempt).map(placeOf))]));
  return {
    right: [...new Set([place, ...symbols.slice(0, 3)])],
    words_added: words.slice(0, 4),
    test_commands: testForms(won),
    issue_words: issueWords(won),
  };
}

/** Partial repairs: some of the failing tests pass, and which do not. */
export function unfinished(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const changed = (attempt: Attempt) => attempt.hunks.find((hunk) => !hunk.is_new_file)?.path;
  const isPartial = ({ outcome }: Attempt) => outcome === 'partial';
  const partial = all.filter((attempt) => isPartial(attempt) && changed(attempt) !== undefined);
  const test_commands = testForms(all.filter(isWon));
  return [...Map.groupBy(partial, (attempt) => changed(attempt)!)].map(([path, showing]) => {
    const evidence = showing.map((attempt) => ({
      attempt,
      step_id: editStep(attempt, path),
      note: `changes ${placeOf(attempt.hunks[0]!)}; ${attempt.left_failing.length} tests stay red`,
    }));
    const touching = all.filter((attempt) => attempt.hunks.some((hunk) => hunk.path === path));
    const right = rank(showing.flatMap((a) => a.hunks.filter((hunk) => !hunk.is_new_file).map(placeOf))).slice(0, 3);
    const left_failing = rank(showing.flatMap((a) => a.left_failing)).slice(0, 4);
    const facts = { ...noFacts, right, left_failing, test_commands, peers: touching.length };
    const named = { kind: 'remediation', about: 'unfinished', repo, key: path } as const;
    return { ...named, evidence, task_ids: tasksOf(evidence), ...measure(touching, all, isPartial), facts };
  });
}
