import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../../errors.ts';
import type { Edit, RepositorySnapshot } from '../../../ports.ts';

/** An edit as the Python side takes it: path, start and end in code points, replacement. */
export type CodePointEdit = readonly [path: string, start: number, end: number, replacement: string];

/** Texts by path. */
export type Texts = ReadonlyMap<string, string>;

/** Pristine texts of a repository's sources, read once. */
export class Sources {
  private readonly repository: RepositorySnapshot;
  private readonly texts = new Map<string, string>();

  constructor(repository: RepositorySnapshot) {
    this.repository = repository;
  }

  /** Pristine texts of the files these edits touch. */
  async of(edits: readonly Edit[]): Promise<Texts> {
    const paths = [...new Set(edits.map((edit) => edit.path))];
    return new Map(await Promise.all(paths.map(async (path) => [path, await this.text(path)] as const)));
  }

  private async text(path: string): Promise<string> {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    if (!this.repository.source_paths.includes(path)) throw notASource(this.repository, path);
    const text = decode(path, await readFile(join(this.repository.root, path)));
    this.texts.set(path, text);
    return text;
  }
}

const notASource = (repository: RepositorySnapshot, path: string): DataError =>
  DataError.of({
    where: `edit of ${path}`,
    expected: `one of the ${repository.source_paths.length} source files of ${repository.name}`,
    found: path,
    fix: 'edit source files only, or add the file to `source` in the seed manifest',
  });

function decode(path: string, bytes: Uint8Array): string {
  try {
    // ignoreBOM keeps a mark in the text, so that offsets are those of the file
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw DataError.of({ where: path, expected: 'UTF-8', found: 'other bytes', fix: 'leave the file out of `source`' });
  }
}

/** The text after one edit. */
export function applyEdit(text: string, edit: Edit): string {
  if (!(edit.start >= 0 && edit.start <= edit.end && edit.end <= text.length)) {
    const found = `[${edit.start}, ${edit.end})`;
    const fix = 'offsets are UTF-16 units of the text that the edits before it left';
    throw DataError.of({ where: `edit of ${edit.path}`, expected: `a span within [0, ${text.length})`, found, fix });
  }
  return text.slice(0, edit.start) + edit.replacement + text.slice(edit.end);
}

/** The texts after edits applied in order, each to what the ones before it left. */
export function applyEdits(texts: Texts, edits: readonly Edit[]): Texts {
  const after = new Map(texts);
  for (const edit of edits) after.set(edit.path, applyEdit(after.get(edit.path) ?? '', edit));
  return after;
}

/** The same edits in code points. */
export function inCodePoints(texts: Texts, edits: readonly Edit[]): CodePointEdit[] {
  const now = new Map(texts);
  return edits.map((edit) => {
    const text = now.get(edit.path) ?? '';
    now.set(edit.path, applyEdit(text, edit));
    return [
      edit.path,
      codePoints(text, edit.start),
      codePoints(text, edit.end),
      edit.replacement.toWellFormed(),
    ] as const;
  });
}

const surrogatePair = /[\ud800-\udbff][\udc00-\udfff]/g;

/** How many code points the first `offset` UTF-16 units make. */
function codePoints(text: string, offset: number): number {
  return offset - (text.slice(0, offset).match(surrogatePair)?.length ?? 0);
}
