import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import type { Edit, RepositorySnapshot } from '../ports.ts';

/** Texts after the edits, by path; only files that an edit touches. Edits outside `source_paths` are a DataError. */
export async function editedTexts(
  repository: RepositorySnapshot,
  edits: readonly Edit[],
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const edit of edits) {
    checkPath(repository, edit);
    const text = texts[edit.path] ?? stripBom(await readFile(join(repository.root, edit.path), 'utf8'));
    checkRange(edit, text.length);
    texts[edit.path] = text.slice(0, edit.start) + edit.replacement + text.slice(edit.end);
  }
  return texts;
}

const stripBom = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

/** Refuses an edit of anything but a source file of the repository. */
export function checkPath(repository: RepositorySnapshot, { path }: Edit): void {
  if (repository.source_paths.includes(path)) return;
  throw DataError.of({
    where: `edit of ${repository.name}`,
    expected: 'a path in source_paths',
    found: path,
    fix: 'edit source files only, never tests or configuration',
  });
}

function checkRange({ path, start, end }: Edit, length: number): void {
  if (start >= 0 && start <= end && end <= length) return;
  throw DataError.of({
    where: `edit of ${path}`,
    expected: `0 <= start <= end <= ${length}`,
    found: `start ${start}, end ${end}`,
    fix: 'make the edit from the text it applies to',
  });
}
