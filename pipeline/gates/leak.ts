import type { AnswerKey } from '../../schemas/tasks.ts';

/** Shorter lines say too little to give a fix away, and would refuse innocent statements. */
const shortestLine = 12;

/**
 * What in a problem statement gives the fix away, or null: a line the fix adds or the bug adds, the edited place,
 * a diff header, the canary of the answer key. Test output that a user would see anyway is not a leak.
 */
export function leakIn(
  statement: string,
  key: Pick<AnswerKey, 'bug_patch' | 'fix_patch' | 'path' | 'line' | 'canary'>,
): string | null {
  if (statement.includes(key.canary)) return 'the canary of the answer key';
  if (/^(@@|diff --git|--- |\+\+\+ )/m.test(statement)) return 'a diff';
  if (names(statement, `${key.path}:${key.line}`)) return `the place ${key.path}:${key.line}`;
  const folded = fold(statement);
  for (const line of [...addedLines(key.fix_patch), ...addedLines(key.bug_patch)]) {
    if (line.length >= shortestLine && folded.includes(line)) return `the line: ${line}`;
  }
  return null;
}

/** The place itself, not one whose line number only begins alike. */
const names = (statement: string, place: string): boolean =>
  statement
    .split(place)
    .slice(1)
    .some((rest) => !/^\d/.test(rest));

const fold = (text: string): string => text.replace(/\s+/g, ' ');

const addedLines = (patch: string): string[] =>
  patch
    .split('\n')
    .filter((line) => line.startsWith('+') && !line.startsWith('+++ '))
    .map((line) => fold(line.slice(1)).trim());
