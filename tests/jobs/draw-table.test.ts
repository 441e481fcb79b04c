import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawTable, printable } from '../../jobs/draw-table.ts';

describe('drawTable', () => {
  it('puts numbers to the right and text to the left', () => {
    expect(
      drawTable([
        { name: 'a', n: 1, share: 0.12345 },
        { name: 'long', n: 20, share: null },
      ]),
    ).toBe(['name   n  share', '────  ──  ─────', 'a      1  0.123', 'long  20'].join('\n'));
  });

  it('says when there is nothing, cuts what is long, and folds lines', () => {
    expect(drawTable([])).toBe('(no rows)');
    expect(drawTable([{ a: 'x'.repeat(50) }], 10)).toContain(`${'x'.repeat(9)}…`);
    expect(drawTable([{ a: 'one\ntwo\tthree' }])).toContain('one two three');
    expect(drawTable([{ a: ['x', 1], b: undefined, c: true }])).toContain('["x",1]');
  });

  it('lets nothing through that steers a terminal', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\u001b]0;x\u0007', '\u009b31m', '\r', '\u202e', '\u0000', '\u007f'),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ a: cell, b: cell }), { minLength: 1, maxLength: 4 }), (rows) => {
        const drawn = drawTable(rows);
        expect(drawn).not.toMatch(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
        expect(drawn.split('\n')).toHaveLength(rows.length + 2);
      }),
    );
  });
});

describe('printable', () => {
  it('keeps lines and tabs', () => {
    expect(printable('a\n\tb\u001b[1mc\r')).toBe('a\n\tb\ufffd[1mc\ufffd');
  });
});
