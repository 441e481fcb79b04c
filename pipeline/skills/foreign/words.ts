import type { Attempt } from './attempts.ts';
import { rank } from './pattern.ts';

/** The program and script of a test command without what it is given: `python tests/runtests.py`. */
export function testForm(command: string): string | null {
  const last =
    command
      .split(/&&|;|\|\|/)
      .map((part) => part.trim())
      .filter(Boolean)
      .at(-1) ?? '';
  const match = last.match(
    /^(?:\w+=\S+ )*((?:python3?|\.\/)[^|>]*?(?:runtests\.py|manage\.py test|-m pytest|-m unittest|bin\/test)|bin\/test|pytest|tox|mvn\b[^|]*?\btest|\.?\/?gradlew\b[^|]*?\btest|go test|cargo test|npm (?:run )?test|\.\/tests\/runtests\.py)/,
  );
  return match ? match[1]!.replace(/\s+/g, ' ').slice(0, 60) : null;
}

/** The two commonest ways of these attempts to run tests. */
export const testForms = (attempts: readonly Attempt[]): string[] =>
  rank(
    attempts.flatMap((attempt) => [
      ...new Set(attempt.tests.map((run) => testForm(run.command)).filter((form) => form !== null)),
    ]),
  ).slice(0, 2);

/** Code names that the issue texts of these attempts have in common. */
export function issueWords(attempts: readonly Attempt[]): string[] {
  const texts = new Map(attempts.map((attempt) => [attempt.task_id, attempt.problem_statement]));
  const words = [...texts.values()].flatMap((text) => [
    ...new Set(
      [...text.matchAll(/`{1,2}([\w.]+(?:\(\))?)`{1,2}|\b([A-Z][a-z]+[A-Z]\w+|[a-z]+_[a-z_]+|[a-z_]+\(\))/g)].map(
        (match) => (match[1] ?? match[2])!.replace('()', ''),
      ),
    ),
  ]);
  return rank(words.filter((word) => word.length > 3)).slice(0, 4);
}
