import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contextKey, enumerateBugs, loadSyntax, sampleBugs } from '../../../pipeline/mutation/index.ts';
import { seededRandom } from '../../../pipeline/random.ts';

const syntax = await loadSyntax();
const text = readFileSync(new URL('../../fixtures/mutation/ledger.py', import.meta.url), 'utf8');
const module = syntax.parse('python', 'ledger.py', text);
const candidates = module.functions.flatMap((fn) => enumerateBugs(module, fn));
const families = new Set(candidates.map(({ operator }) => operator));

const first = (count: number, seed: string, weights = {}) => {
  const drawn = [];
  for (const edit of sampleBugs(candidates, { random: seededRandom(seed), weights })) {
    drawn.push(edit);
    if (drawn.length === count) break;
  }
  return drawn;
};

describe('sampleBugs', () => {
  it('draws every candidate exactly once', () => {
    const drawn = [...sampleBugs(candidates, { random: seededRandom('all') })];
    expect(drawn.length).toBe(candidates.length);
    expect(new Set(drawn)).toEqual(new Set(candidates));
  });

  it('depends on the seed alone', () => {
    expect(first(20, 'a')).toEqual(first(20, 'a'));
    expect(first(20, 'a')).not.toEqual(first(20, 'b'));
  });

  it('gives each family the same chance, however many sites it has', () => {
    const counts = new Map<string, number>();
    const draws = 3000;
    for (let i = 0; i < draws; i++) {
      const { operator } = first(1, `draw ${i}`)[0]!;
      counts.set(operator, (counts.get(operator) ?? 0) + 1);
    }
    const expected = draws / families.size;
    for (const family of families)
      expect(Math.abs((counts.get(family) ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it('can be aimed at a family', () => {
    const weights = {
      operators: Object.fromEntries([...families].map((family) => [family, family === 'arith' ? 1 : 0])),
    };
    expect(new Set(first(5, 'aim', weights).map(({ operator }) => operator))).toEqual(new Set(['arith']));
  });

  it('can be aimed at a family at one kind of node', () => {
    const only = contextKey({ operator: 'off_by_one', context: 'call' });
    const contexts = Object.fromEntries(
      candidates.map((edit) => [contextKey(edit), contextKey(edit) === only ? 1 : 0]),
    );
    const drawn = first(3, 'aim', { contexts });
    expect(drawn.length).toBeGreaterThan(0);
    expect(new Set(drawn.map(contextKey))).toEqual(new Set([only]));
  });

  it('ends at once when everything is weighed out', () => {
    expect([...sampleBugs([], { random: seededRandom('none') })]).toEqual([]);
  });
});
