import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginning, html, visible } from '../../../jobs/report/html.ts';
import { table } from '../../../jobs/report/table.ts';
import { hostile } from '../../planted-rounds/hostile.ts';

describe('html', () => {
  it.each(Object.entries(hostile))('%s is text, in content and in attributes', (_, text) => {
    const page = html`<p title="${text}">${text}</p>`.text;
    expect(page.match(/<[^>]*>/g)).toEqual([page.match(/^<p [^>]*>/)![0], '</p>']);
    expect(page).not.toMatch(/(?![\n\t])\p{Cc}|\u202e|\u2066/u);
  });

  it('keeps every tag of ours and no tag of theirs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const page = html`<b>${text}</b>`.text;
        expect(page.slice(3, -4)).not.toMatch(/[<>"']/);
      }),
    );
  });

  it('nests, skips nothing and false, and writes numbers', () => {
    expect(html`${[html`<i>1</i>`, '<']}${null}${false}${0}`.text).toBe('<i>1</i>&lt;0');
  });

  it('shows control characters instead of obeying them', () => {
    expect(visible('\u001b[31m\u0000\u007f\u009b\u202e\r\n\tx')).toBe('␛[31m␀␡‹U+009B›‹U+202E›\n\tx');
  });

  it('says how much of a long text is left out', () => {
    expect(beginning('abcdef', 4)).toBe('abcd … (2 more characters)');
    expect(beginning('abcd', 4)).toBe('abcd');
  });
});

describe('table', () => {
  it('cuts rows, and says so', () => {
    const rows = Array.from({ length: 5 }, (_, i) => ({ n: i, word: '<b>' }));
    const text = table(rows, 'things', 2).text;
    expect(text).toContain('first 2 of 5 rows');
    expect(text.match(/<tr>/g)).toHaveLength(3);
    expect(text).toContain('&lt;b&gt;');
  });

  it('an empty answer is said in words', () => {
    expect(table([], 'things').text).toContain('No rows');
  });
});
