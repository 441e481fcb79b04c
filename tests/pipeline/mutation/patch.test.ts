import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../pipeline/errors.ts';
import { applyEdits, applyPatch, editBetween, patchedPaths, unifiedDiff } from '../../../pipeline/mutation/patch.ts';

const line = fc.constantFrom(
  'a',
  'b',
  '',
  '  c',
  '--- x',
  '+++ y',
  '@@ -1 +1 @@',
  '\\ No newline',
  'diff --git a/x b/x',
  'é',
  '\tz',
  'x\r',
);
const text = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''));

const BEFORE = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';
const AFTER = BEFORE.replace('four', 'FOUR');
const tree = (path: string) => (path === 'src/a.py' ? BEFORE : undefined);
const DIFF = unifiedDiff('src/a.py', BEFORE, AFTER);

describe('unifiedDiff and applyPatch', () => {
  it('writes what git writes', () => {
    expect(DIFF).toBe(
      'diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1,7 +1,7 @@\n one\n two\n three\n-four\n+FOUR\n five\n six\n seven\n',
    );
  });

  it('undo each other for any two texts', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        const files = applyPatch(() => before, unifiedDiff('a b/c.py', before, after));
        expect([...files]).toEqual([['a b/c.py', after]]);
      }),
    );
  });

  it('say nothing about equal texts', () => {
    expect(unifiedDiff('a.py', BEFORE, BEFORE)).toBe('');
  });

  it('take several files', () => {
    const other = unifiedDiff('b.py', 'x\n', 'y\n');
    const files = applyPatch((path) => (path === 'b.py' ? 'x\n' : tree(path)), DIFF + other);
    expect([...files]).toEqual([
      ['src/a.py', AFTER],
      ['b.py', 'y\n'],
    ]);
    expect(patchedPaths(DIFF + other)).toEqual(['src/a.py', 'b.py']);
  });
});

describe('applyPatch refuses', () => {
  const moved = (path: string) => DIFF.replaceAll('src/a.py', path);
  it.each([
    ['an empty patch', ''],
    ['text that is no patch', 'hello\n'],
    ['a path that climbs', moved('../a.py')],
    ['a path that climbs inside', moved('src/../../a.py')],
    ['an absolute path', moved('/etc/passwd')],
    ['the .git folder', moved('.git/config')],
    ['the .GIT folder', moved('x/.GIT/config')],
    ['a file that is not there', moved('src/b.py')],
    ['two names', DIFF.replace('+++ b/src/a.py', '+++ b/src/c.py')],
    ['a new file', DIFF.replace('--- a/src/a.py', '--- /dev/null')],
    ['a removed file', DIFF.replace('+++ b/src/a.py', '+++ /dev/null')],
    ['a mode change', DIFF.replace('--- a', 'old mode 100644\nnew mode 100755\n--- a')],
    ['a rename', DIFF.replace('--- a', 'rename from src/a.py\nrename to src/c.py\n--- a')],
    ['a link', DIFF.replace('--- a', 'new file mode 120000\n--- a')],
    ['a binary', `${DIFF}GIT binary patch\nliteral 0\n`],
    ['other context', DIFF.replace(' three', ' drei')],
    ['a moved hunk', DIFF.replace('@@ -1,7 +1,7 @@', '@@ -2,7 +2,7 @@')],
    ['a short hunk', DIFF.replace(' seven\n', '')],
    ['a hunk that changes nothing', DIFF.replace('+FOUR', '+four')],
    ['a file twice', DIFF + DIFF],
    ['words between the files', `${DIFF}Please also run this.\n`],
  ])('%s', (_name, diff) => {
    expect(() => applyPatch(tree, diff)).toThrow(DataError);
  });
});

describe('edits', () => {
  it('editBetween is the smallest edit that leads from one text to the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const edit = editBetween(before, after);
        expect(applyEdits(before, [{ path: 'x', ...edit }])).toBe(after);
        const old = before.slice(edit.start, edit.end);
        if (old !== '' && edit.replacement !== '') {
          expect(old[0]).not.toBe(edit.replacement[0]);
          expect(old.at(-1)).not.toBe(edit.replacement.at(-1));
        }
      }),
    );
  });

  it('applyEdits applies each edit to what the ones before it left', () => {
    const edits = [
      { path: 'x', start: 0, end: 1, replacement: 'AAA' },
      { path: 'x', start: 3, end: 4, replacement: '' },
    ];
    expect(applyEdits('abc', edits)).toBe('AAAc');
  });

  it('applyEdits refuses a span outside of the text', () => {
    expect(() => applyEdits('abc', [{ path: 'x', start: 2, end: 9, replacement: '' }])).toThrow(DataError);
  });
});
