import type { Attempt } from './attempts.ts';
import { placePatterns } from './contrasts.ts';
import { failingCommands, missingPrograms, refusedEdits } from './habits.ts';
import { compare, type ForeignPattern, type ForeignSettings } from './pattern.ts';
import { fruitfulPlaces, unfinished } from './places.ts';

/** Patterns of every kind, strongest first. */
export function mineForeign(attempts: readonly Attempt[], settings: ForeignSettings): ForeignPattern[] {
  const patterns: ForeignPattern[] = [];
  for (const [repo, all] of [...Map.groupBy(attempts, (attempt) => attempt.repo)].sort(([a], [b]) => compare(a, b))) {
    patterns.push(
      ...placePatterns(repo, all),
      ...refusedEdits(repo, all),
      ...missingPrograms(repo, all),
      ...failingCommands(repo, all),
      ...fruitfulPlaces(repo, all),
      ...unfinished(repo, all),
    );
  }
  return patterns
    .filter((pattern) => supportOf(pattern) >= settings.support && pattern.z >= settings.z)
    .sort(
      (a, b) =>
        b.z - a.z ||
        b.evidence.length - a.evidence.length ||
        compare(`${a.about}|${a.repo}|${a.key}`, `${b.about}|${b.repo}|${b.key}`),
    );
}

/** Attempts behind a pattern; where it is a contrast, those that did it right count too. */
const supportOf = ({ about, evidence, facts }: ForeignPattern): number =>
  about === 'wrong_place' || about === 'wrong_repair' ? evidence.length + facts.peers - 1 : evidence.length;
