import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leakIn } from '../../../pipeline/gates/leak.ts';
import { applyEdit, unifiedDiff } from '../../../pipeline/mutation/patch.ts';

const before = 'def size(items):\n    if items is None:\n        return 0\n    return len(items)\n';
const after = before.replace('len(items)', 'max(items) + 1');
const key = {
  bug_patch: unifiedDiff('lib/size.py', before, after),
  fix_patch: unifiedDiff('lib/size.py', after, before),
  path: 'lib/size.py',
  line: 4,
  canary: 'canary-0123456789abcdef0123',
};

describe('leakIn', () => {
  it.each([
    ['the canary', `look for ${key.canary} in it`, 'the canary of the answer key'],
    ['a hunk', 'The change:\n@@ -1,2 +1,2 @@', 'a diff'],
    ['a diff header', 'diff --git a/x b/x', 'a diff'],
    ['a file header', 'so:\n--- a/lib/size.py', 'a diff'],
    ['the place', 'the fault is at lib/size.py:4, I think', 'the place lib/size.py:4'],
    ['the place at the end', 'see lib/size.py:4', 'the place lib/size.py:4'],
    ['the fixed line', 'It should say `return len(items)` there', 'the line: return len(items)'],
    ['the fixed line, folded', 'it should\n  return\n  len(items)', 'the line: return len(items)'],
    ['the wrong line', 'why does it return max(items) + 1 at the end?', 'the line: return max(items) + 1'],
  ])('sees %s', (_, statement, found) => {
    expect(leakIn(statement, key)).toBe(found);
  });

  it.each([
    ['symptoms', 'test_size.py::test_full fails: assert 2 == 3'],
    ['the file alone', 'something in lib/size.py is wrong'],
    ['another line of the file', 'lib/size.py:41 is fine, and so is lib/size.py:14'],
    ['a rule of signs', 'a heading\n---\nand +++ more'],
    ['context lines', 'if items is None: return 0'],
  ])('lets %s pass', (_, statement) => {
    expect(leakIn(statement, key)).toBeNull();
  });

  it('lets short lines pass, which say too little', () => {
    const short = {
      ...key,
      bug_patch: unifiedDiff('a.py', 'i = 1\n', 'i = 2\n'),
      fix_patch: unifiedDiff('a.py', 'i = 2\n', 'i = 1\n'),
    };
    expect(leakIn('set i = 1 first', short)).toBeNull();
  });

  it('sees any long enough line of any fix, wherever it stands', () => {
    const word = fc.stringMatching(/^[a-z]{3,8}$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 4, maxLength: 6 }), fc.string(), fc.string(), (words, left, right) => {
        const line = words.join(' ');
        const text = 'first line\nsecond line\n';
        const fixed = applyEdit(text, { start: 11, end: 22, replacement: line });
        if (fixed === text) return;
        const patches = { bug_patch: unifiedDiff('a.py', fixed, text), fix_patch: unifiedDiff('a.py', text, fixed) };
        expect(leakIn(`${left}\n${line}\n${right}`, { ...key, ...patches })).not.toBeNull();
      }),
    );
  });
});
