import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapLimit } from '../../pipeline/concurrency.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('mapLimit', () => {
  it('gives results in order, never more than the limit at a time, whatever order they end in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 6 }),
        async (turns, limit) => {
          let [active, most] = [0, 0];
          const results = await mapLimit(turns, limit, async (count, index) => {
            most = Math.max(most, ++active);
            for (let i = 0; i < count; i++) await turn();
            active--;
            return index;
          });
          expect(results).toEqual(turns.map((_, i) => i));
          expect(most).toBe(Math.min(limit, turns.length));
        },
      ),
    );
  });

  it('gives the first error after the calls under way have ended, and starts no more', async () => {
    const [started, ended]: [number[], number[]] = [[], []];
    const work = mapLimit([0, 1, 2, 3, 4, 5], 3, async (n) => {
      started.push(n);
      if (n === 1) throw new Error('first');
      await turn();
      ended.push(n);
      if (n === 2) throw new Error('second');
    });
    await expect(work).rejects.toThrow('first');
    expect(started).toEqual([0, 1, 2]);
    expect(ended).toEqual([0, 2]);
  });

  it('keeps an error that is undefined', async () => {
    await expect(mapLimit([1], 1, () => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  it('refuses a limit that would do nothing', async () => {
    await expect(mapLimit([1, 2], 0, async (n) => n)).rejects.toThrow('limit 0');
  });
});
