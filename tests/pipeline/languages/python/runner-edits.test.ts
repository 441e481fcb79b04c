import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdit, applyEdits, inCodePoints } from '../../../../pipeline/languages/python/runner/edits.ts';
import type { Edit } from '../../../../pipeline/ports.ts';

const characters = fc.string({ unit: fc.constantFrom('a', '\n', 'é', '😀', '𝕏'), maxLength: 30 });
const on = (text: string) => new Map([['m.py', text]]);

/** What Python does: slices in code points. */
const applyInCodePoints = (
  text: string,
  [, start, end, replacement]: readonly [string, number, number, string],
): string => [...text].slice(0, start).join('') + replacement + [...text].slice(end).join('');

describe('edits', () => {
  it('mean the same text in code points as in UTF-16 units, one after another', () => {
    const step = fc.record({ from: fc.nat(), length: fc.nat(5), replacement: characters });
    fc.assert(
      fc.property(characters, fc.array(step, { maxLength: 4 }), (text, steps) => {
        let now = text;
        const edits = steps.map(({ from, length, replacement }): Edit => {
          const points = [...now];
          const [start, end] = [from % (points.length + 1), (from % (points.length + 1)) + length];
          const units = (count: number): number => points.slice(0, count).join('').length;
          const edit = { path: 'm.py', start: units(start), end: units(end), replacement };
          now = applyEdit(now, edit);
          return edit;
        });
        expect(applyEdits(on(text), edits).get('m.py')).toBe(now);
        expect(inCodePoints(on(text), edits).reduce(applyInCodePoints, text)).toBe(now);
      }),
    );
  });

  it.each([
    { start: -1, end: 0 },
    { start: 2, end: 1 },
    { start: 0, end: 4 },
  ])('refuses the span [$start, $end) of three characters', (span) => {
    expect(() => applyEdit('abc', { path: 'm.py', ...span, replacement: '' })).toThrow(
      'expected: a span within [0, 3)',
    );
  });
});
