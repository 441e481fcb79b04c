import { describe, expect, it } from 'vitest';
import { generatorWeight, NO_PREFERENCE, updateGenerator } from '../../../pipeline/training/generator.ts';

const drawn = (operator: string, context: string, reward: number) => ({ operator, context, reward });

describe('updateGenerator', () => {
  it('draws more of what was rewarded and less of what was not', () => {
    const logits = updateGenerator(NO_PREFERENCE, [[drawn('arith', 'binary', 0.5), drawn('slice', 'index', -0.5)]]);
    expect(generatorWeight(logits, drawn('arith', 'binary', 0))).toBeGreaterThan(1);
    expect(generatorWeight(logits, drawn('slice', 'index', 0))).toBeLessThan(1);
    expect(generatorWeight(logits, drawn('unseen', 'name', 0))).toBe(1);
  });

  it('compares within a group only, and learns nothing from equal rewards', () => {
    expect(updateGenerator(NO_PREFERENCE, [[drawn('a', 'x', 1), drawn('b', 'y', 1)], [drawn('a', 'x', 0)]])).toEqual(
      NO_PREFERENCE,
    );
  });

  it('leaves the logits it was given alone', () => {
    const before = { operator: { a: 1 }, context: {} };
    updateGenerator(before, [[drawn('a', 'x', 1), drawn('b', 'y', 0)]]);
    expect(before).toEqual({ operator: { a: 1 }, context: {} });
  });
});
