import { type Attempt, editStep, hasOpened } from './attempts.ts';
import { type Hunk, placeOf } from './patch-symbols.ts';
import { type ForeignPattern, isFailed, measure, noFacts, rank } from './pattern.ts';
import { issueWords, testForms } from './words.ts';

/** Places that nearly every attempt that resolved the task has changed; files, where no function is common to them. */
function neededPlaces(successes: readonly Attempt[]): string[] {
  const common = (placesOf: (attempt: Attempt) => string[]) => {
    const counts = new Map<string, number>();
    for (const attempt of successes)
      for (const place of new Set(placesOf(attempt))) counts.set(place, (counts.get(place) ?? 0) + 1);
    return [...counts]
      .filter(([, count]) => count >= 0.75 * successes.length)
      .map(([place]) => place)
      .sort();
  };
  const places = common((attempt) => attempt.hunks.map(placeOf));
  return places.length > 0 ? places : common((attempt) => attempt.hunks.map((hunk) => hunk.path));
}

const isIn = (hunk: Hunk, places: readonly string[]): boolean =>
  places.includes(placeOf(hunk)) || places.includes(hunk.path);
/** File of a place. */
export const pathOf = (place: string): string => place.split('::')[0]!;

/** Tasks that some attempts resolved: what the others changed instead, and what they changed in the right place but otherwise. */
export function placePatterns(repo: string, all: readonly Attempt[]): ForeignPattern[] {
  const found: ForeignPattern[] = [];
  for (const [task, attempts] of Map.groupBy(all, (attempt) => attempt.task_id)) {
    const successes = attempts.filter((attempt) => attempt.outcome === 'success' && attempt.hunks.length > 0);
    const needed = neededPlaces(successes);
    if (successes.length < 2 || needed.length === 0) continue;
    const paths = new Set(needed.map(pathOf));
    const failed = attempts.filter((attempt) => isFailed(attempt) && attempt.hunks.length > 0);
    // files an attempt made up itself are no place where it looked for the fault
    const away = failed.filter(
      (attempt) =>
        !attempt.hunks.some((hunk) => paths.has(hunk.path)) && attempt.hunks.some((hunk) => !hunk.is_new_file),
    );
    const shared = { repo, task_ids: new Set([task]), key: needed[0]! };
    const facts = {
      ...noFacts,
      right: needed,
      test_commands: testForms(successes),
      issue_words: issueWords(attempts),
      peers: successes.length,
    };
    if (away.length > 0) {
      const wrong = rank(
        away.flatMap((attempt) => [...new Set(attempt.hunks.filter((hunk) => !hunk.is_new_file).map(placeOf))]),
      );
      const evidence = away.map((attempt) => ({
        attempt,
        step_id: editStep(attempt, attempt.hunks[0]!.path),
        note: `changes ${placeOf(attempt.hunks[0]!)}`,
      }));
      const opened = away.filter((attempt) => [...paths].some((path) => hasOpened(attempt, path))).length;
      found.push({
        ...shared,
        kind: 'anti_pattern',
        about: 'wrong_place',
        evidence,
        ...measure(away, attempts, isFailed),
        facts: { ...facts, wrong: wrong.slice(0, 4), opened },
      });
    }
    const near = failed.filter((attempt) => attempt.hunks.some((hunk) => isIn(hunk, needed)));
    const repair = near.length > 0 ? repairWords(successes, near, needed) : null;
    if (repair) {
      const evidence = near.map((attempt) => ({
        attempt,
        step_id: editStep(attempt, pathOf(needed[0]!)),
        note: `changes ${needed[0]} without \`${repair.missing[0]}\``,
      }));
      found.push({
        ...shared,
        kind: 'anti_pattern',
        about: 'wrong_repair',
        evidence,
        ...measure(near, attempts, isFailed),
        facts: {
          ...facts,
          words_added: repair.missing,
          words_instead: repair.instead,
          left_failing: rank(near.flatMap((a) => a.left_failing)).slice(0, 4),
        },
      });
    }
  }
  return found;
}

/** Words that repairs of these places share and the failed attempts lack, and words that the failed ones add instead. */
function repairWords(
  successes: readonly Attempt[],
  failed: readonly Attempt[],
  places: readonly string[],
): { missing: string[]; instead: string[] } | null {
  const added = (attempt: Attempt) =>
    new Set(
      attempt.hunks
        .filter((hunk) => isIn(hunk, places))
        .flatMap((hunk) => [...hunk.added].filter((word) => !hunk.removed.has(word))),
    );
  const [good, bad] = [successes.map(added), failed.map(added)];
  const share = (sets: readonly Set<string>[], word: string) =>
    sets.filter((set) => set.has(word)).length / sets.length;
  const words = (sets: readonly Set<string>[]) => rank(sets.flatMap((set) => [...set]));
  const missing = words(good).filter((word) => share(good, word) >= 0.66 && share(bad, word) <= 0.34);
  const instead = words(bad).filter((word) => share(bad, word) >= 0.5 && share(good, word) <= 0.2);
  return missing.length > 0 ? { missing: missing.slice(0, 5), instead: instead.slice(0, 5) } : null;
}
