import { DataError } from '../errors.ts';
import type { Edit } from '../ports.ts';

/** The text after one edit. */
export const applyEdit = (text: string, edit: Pick<Edit, 'start' | 'end' | 'replacement'>): string =>
  text.slice(0, edit.start) + edit.replacement + text.slice(edit.end);

/** The text after several edits, each applied to what the ones before it left. All must be of one file. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, edit) => {
    if (edit.start < 0 || edit.end < edit.start || edit.end > before.length) throw outside(edit, before.length);
    return applyEdit(before, edit);
  }, text);
}

const outside = (edit: Edit, length: number) =>
  DataError.of({
    where: `${edit.path} edit`,
    expected: `a span inside 0..${length}`,
    found: `${edit.start}..${edit.end}`,
    fix: 'apply the edit to the text it was made for',
  });

/** The smallest single replacement that turns one text into the other; an empty one at 0 when they are equal. */
export function editBetween(before: string, after: string): Omit<Edit, 'path'> {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < shortest - start && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  if (before === after) return { start: 0, end: 0, replacement: '' };
  return { start, end: before.length - tail, replacement: after.slice(start, after.length - tail) };
}
