import { applyPatch as applyHunks, formatPatch, parsePatch, type StructuredPatch, structuredPatch } from 'diff';
import { DataError } from '../errors.ts';

export { applyEdit, applyEdits, editBetween } from './edits.ts';

const HEADER = /^(diff --git |index |--- |\+\+\+ |@@ )/;
const FORBIDDEN =
  /^(old mode|new mode|deleted file mode|new file mode|rename (from|to)|copy (from|to)|similarity index|dissimilarity index|GIT binary patch|Binary files) ?/;

/** One file's change in git's style, with three lines of context. Empty when nothing changes. */
export function unifiedDiff(path: string, before: string, after: string): string {
  requireSafePath(path);
  if (before === after) return '';
  const patch = structuredPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, { context: 3 });
  return `diff --git a/${path} b/${path}\n${withoutBanner(formatPatch(patch))}`;
}

/** The library adds a line of `=` signs that git does not have. */
const withoutBanner = (text: string): string => text.replace(/^(Index: .*\n)?=+\n/, '');

/**
 * New texts of the files a diff changes. Strict: existing files only, plain text changes only, every context line
 * in place exactly; anything else is a DataError. Nothing is written.
 */
export function applyPatch(tree: (path: string) => string | undefined, diff: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const patch of readPatch(diff)) {
    const path = pathOf(patch);
    if (files.has(path)) throw refuse(path, 'each file once', 'a second section for the file');
    files.set(path, changed(tree(path), path, patch));
  }
  return files;
}

/** Paths a diff changes, in order. Refuses what `applyPatch` refuses before looking at any file. */
export const patchedPaths = (diff: string): string[] => readPatch(diff).map(pathOf);

function readPatch(diff: string): StructuredPatch[] {
  requirePlainLines(diff);
  const patches = parse(diff);
  if (patches.length === 0) throw refuse('patch', 'at least one changed file', 'none');
  for (const patch of patches)
    if (patch.hunks.length === 0) throw refuse('patch', 'hunks for each file', 'a file without any');
  return patches;
}

function parse(diff: string): StructuredPatch[] {
  try {
    return parsePatch(diff);
  } catch (error) {
    throw refuse('patch', 'a unified diff', error instanceof Error ? error.message : String(error));
  }
}

/** Every line outside a hunk must be a header that only names files and places. */
function requirePlainLines(diff: string): void {
  let left = 0;
  let right = 0;
  for (const line of diff.split('\n')) {
    if (left > 0 || right > 0) {
      if (!line.startsWith('+') && !line.startsWith('\\')) left--;
      if (!line.startsWith('-') && !line.startsWith('\\')) right--;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk) [left, right] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    else if (FORBIDDEN.test(line)) throw refuse('patch', 'changes of text only', line);
    else if (line !== '' && !line.startsWith('\\') && !HEADER.test(line))
      throw refuse('patch', 'diff headers and hunks', line);
  }
  if (left > 0 || right > 0) throw refuse('patch', 'complete hunks', 'a hunk that ends early');
}

function pathOf(patch: StructuredPatch): string {
  const before = patch.oldFileName ?? '';
  const after = patch.newFileName ?? '';
  const path = before.replace(/^a\//, '');
  if (!before.startsWith('a/') || after !== `b/${path}`)
    throw refuse('patch', 'a/PATH and b/PATH of one file', `${before} and ${after}`);
  requireSafePath(path);
  return path;
}

function requireSafePath(path: string): void {
  const parts = path.split('/');
  const is_safe =
    path !== '' &&
    !/[\\\0\r\n\t]/.test(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
  if (!is_safe) throw refuse('patch', 'a plain relative path without . or .. or .git', path);
}

function changed(text: string | undefined, path: string, patch: StructuredPatch): string {
  if (text === undefined) throw refuse(path, 'a file of the repository', 'no such file');
  requireExactPlace(text, path, patch);
  const after = applyHunks(text, patch, { fuzzFactor: 0, autoConvertLineEndings: false });
  if (after === false) throw refuse(path, 'context that matches the file', 'a hunk that does not apply');
  if (after === text) throw refuse(path, 'a change', 'a hunk that changes nothing');
  return after;
}

/** The library looks for a hunk's context elsewhere when it is not at its line; here it has to be at its line. */
function requireExactPlace(text: string, path: string, patch: StructuredPatch): void {
  const lines = text.split('\n');
  for (const hunk of patch.hunks) {
    const old = hunk.lines.filter((line) => line[0] === ' ' || line[0] === '-');
    const first = hunk.oldLines === 0 ? hunk.oldStart : hunk.oldStart - 1;
    old.forEach((line, i) => {
      if (lines[first + i] !== line.slice(1))
        throw refuse(`${path}:${first + i + 1}`, line.slice(1), lines[first + i] ?? 'the end of the file');
    });
  }
}

const refuse = (where: string, expected: string, found: string) =>
  DataError.of({ where, expected, found, fix: 'make the patch anew against the pristine file' });
