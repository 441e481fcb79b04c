import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountTable } from '../../../pipeline/solver/count-table.ts';
import { LanguageModel, tokenHashes } from '../../../pipeline/solver/language-model.ts';
import { hashText } from '../../../pipeline/solver/text-hash.ts';
import { likeness, tokenise, wordsOf } from '../../../pipeline/solver/tokens.ts';
import { BROKEN, OTHERS } from './fixtures.ts';

const scores = (model: LanguageModel, without: string, text: string): [number, number] => {
  const naturalness = model.without(without);
  return [naturalness.pairs(tokenHashes(text)), naturalness.triples(tokenHashes(text))];
};

const source = fc
  .array(fc.constantFrom('a', 'b', 'total', '+', '-', '\n', '(', ')'), { maxLength: 40 })
  .map((t) => t.join(' '));

describe('LanguageModel', () => {
  it('finds what the rest of the repository does more natural', () => {
    const model = LanguageModel.of([BROKEN, OTHERS]);
    expect(scores(model, BROKEN, 'total = total + price')[0]).toBeGreaterThan(
      scores(model, BROKEN, 'total = total - price')[0],
    );
  });

  it('counts the usual formula', () => {
    const [pairs, triples] = scores(LanguageModel.of(['a b a b a']), '', 'a b a');
    expect(pairs).toBeCloseTo((Math.log2(2.3 / 4) + Math.log2(2.3 / 3)) / 2, 12);
    expect(triples).toBeCloseTo(Math.log2(2.3 / 3), 12);
  });

  it('is not told the fix by the function that needs it', () => {
    const fixed = BROKEN.replace(' - ', ' + ');
    const query = 'total = total + price';
    const broken = LanguageModel.of([fixed, OTHERS]).withFile(fixed, BROKEN);
    const otherFix = LanguageModel.of([BROKEN.replace(' - ', ' * '), OTHERS]).withFile(
      BROKEN.replace(' - ', ' * '),
      BROKEN,
    );
    expect(scores(broken, BROKEN, query)).toEqual(scores(otherFix, BROKEN, query));
    expect(scores(broken, BROKEN, query)).toEqual(scores(LanguageModel.of([BROKEN, OTHERS]), BROKEN, query));
    const leaking = LanguageModel.of([fixed, OTHERS]);
    expect(scores(leaking, BROKEN, query)).not.toEqual(scores(broken, BROKEN, query));
  });

  it('gives a changed file the counts of the changed tree', () => {
    fc.assert(
      fc.property(source, source, source, source, source, (other, head, before, after, query) => {
        const [a, b] = [`${head} ${before} ${head}`, `${head} ${after} ${head}`];
        const changed = LanguageModel.of([other, a]).withFile(a, b);
        expect(scores(changed, head, query)).toEqual(scores(LanguageModel.of([other, b]), head, query));
        expect(scores(changed.withFile(b, a), head, query)).toEqual(scores(LanguageModel.of([other, a]), head, query));
      }),
    );
  });
});

describe('CountTable', () => {
  it('counts like a map', () => {
    const key = fc.integer({ min: 0, max: 300 }).map((k) => Math.imul(k, 0x10000) >>> 0);
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer({ min: -3, max: 3 }))), (changes) => {
        const table = new CountTable();
        const map = new Map<number, number>();
        for (const [k, amount] of changes) {
          table.add(k, amount);
          map.set(k, (map.get(k) ?? 0) + amount);
        }
        for (const [k, count] of map) expect(table.get(k)).toBe(count);
        expect(table.get(0xffffffff)).toBe(0);
      }),
    );
  });
});

describe('tokens', () => {
  it.each([
    ['if a !== b && c?.d ?? 1:', ['if', 'a', '!==', 'b', '&&', 'c', '?.', 'd', '??', '1', ':']],
    ['x **= y // 2', ['x', '**', '=', 'y', '//', '2']],
    ['f(\'a b\', "c")', ['f', '(', "'a b'", ',', '"c"', ')']],
    ['', []],
  ])('of %s', (text, expected) => {
    expect(tokenise(text)).toEqual(expected);
  });

  it('splits names into words', () => {
    expect([...wordsOf('maxLineSize_of HTTPServer x')]).toEqual(['max', 'line', 'size', 'of', 'httpserver']);
  });

  it.each([
    ['first', 'first', 1],
    ['left', 'Right', 2 / 9],
    ['abc', 'xyz', 0],
    ['', '', 1],
  ])('%s is like %s', (a, b, expected) => {
    expect(likeness(a, b)).toBeCloseTo(expected, 12);
  });
});

describe('hashText', () => {
  it('never changes: checkpoints depend on it', () => {
    expect(['', 'a', 'open rank', 'π'].map(hashText)).toEqual([2872998923, 711464985, 1385900823, 131297624]);
  });
});
