import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../pipeline/random.ts';
import { groundsOf } from '../../../pipeline/stages/validate.ts';
import { atLeast, slips } from '../../planted/arithmetic.ts';
import { type Base, basesOf } from '../../planted/bases.ts';
import { byCode, judgeAll, misjudged, plantAll } from '../../planted/judgement.ts';
import { plants } from '../../planted/plants.ts';
import { groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();

describe.skipIf(missing !== null)('candidates of known verdict', () => {
  let world: TinyWorld;
  const bases: Base[] = [];
  let grounds: ReturnType<typeof groundsOf>;

  beforeAll(async () => {
    world = await openTiny();
    const settings = { reruns: 5, most_failing: 10, seed: 'planted' };
    const found = [await groundOf(world, 'python'), await groundOf(world, 'javascript')];
    grounds = groundsOf(
      found.map(({ repository }) => repository),
      settings,
      world,
    );
    for (const ground of found)
      bases.push(...(await basesOf(ground, 1, seededRandom('planted'), world, { covering: 3, quiet: 1 })));
  }, 120_000);
  afterAll(() => world?.close());

  it('get it', async () => {
    expect(bases.map(({ ground }) => ground.repository.language)).toEqual(['python', 'javascript']);
    // one that hangs costs its whole time limit, and what a clock does to so few tests is chance: see gates.test.ts
    const planted = await plantAll(
      bases,
      plants.filter(({ name }) => name !== 'hangs' && name !== 'clock'),
      world,
    );
    const judged = await judgeAll(planted, grounds);
    const wrong = misjudged(judged).map(
      ({ plant, base, found }) => `${base.ground.repository.language}, ${plant.name}: ${found}, not ${plant.expected}`,
    );
    expect(wrong).toEqual([]);
    expect(judged.length).toBeGreaterThan(45);
    const rows = byCode(judged);
    expect(rows.every(({ precision, recall }) => precision === 1 && recall === 1)).toBe(true);
    expect(rows.length).toBeGreaterThan(17);
  }, 240_000);
});

describe('what reruns cannot see', () => {
  it('is what METHOD.md says', () => {
    const told = [slips(0.1, 3), slips(0.1, 5), slips(0.1, 10), slips(0.2, 5)];
    expect(told.map((chance) => chance.toFixed(2))).toEqual(['0.73', '0.59', '0.35', '0.33']);
  });

  it('adds up', () => {
    expect(atLeast(0, 20, 0.3)).toBeCloseTo(1, 9);
    expect(atLeast(2, 2, 0.5)).toBeCloseTo(0.25, 9);
    expect(atLeast(1, 3, 0.5)).toBeCloseTo(0.875, 9);
    expect(atLeast(30, 30, 0.1)).toBeLessThan(1e-20);
  });
});
