import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operators } from '../../../pipeline/mutation/operators/index.ts';
import { type MiningSettings, mine } from '../../../pipeline/skills/mine.ts';
import { type RegistrySettings, updateRegistry } from '../../../pipeline/skills/registry.ts';
import { episodesAt, type Plant, shortly, success } from './planted.ts';

const mining: MiningSettings = { support: 3, z: 1.5 };
const registry: RegistrySettings = { similarity: 0.7, new_tasks: 2, most: 12, round: 1 };
const cards = (plants: readonly Plant[], over: Partial<MiningSettings & RegistrySettings> = {}) => {
  const episodes = episodesAt(plants);
  return updateRegistry(mine(episodes, { ...mining, ...over }), episodes, [], { ...registry, ...over });
};

const easy: Plant = { tasks: 20, operator: 'arith', ...success };

describe('mining', () => {
  it.each<[string, Plant[], string[]]>([
    ['nothing from nothing', [], []],
    ['nothing where all are alike', [{ tasks: 20 }], []],
    ['nothing from all successes', [{ tasks: 20, ...success }], []],
    [
      'what fails more than the rest, and what succeeds more',
      [{ tasks: 5, operator: 'cmp_flip', context: 'compare' }, easy],
      ['anti_pattern cmp_flip *', 'strategy arith *'],
    ],
    ['nothing below its support', [{ tasks: 2, operator: 'cmp_flip' }, easy], ['strategy arith *']],
    [
      'a partial repair is a remediation, not an anti-pattern',
      [{ tasks: 5, operator: 'cmp_flip', outcome: 'partial', failure_mode: 'exhausted' }, easy],
      ['remediation cmp_flip *', 'strategy arith *'],
    ],
    [
      'no blame for what no action could repair',
      [{ tasks: 5, operator: 'cmp_flip', failure_mode: 'unrepairable' }, easy],
      ['strategy arith *'],
    ],
    [
      'no blame for what is not known',
      [{ tasks: 5, operator: 'cmp_flip', failure_mode: 'unknown' }, easy],
      ['strategy arith *'],
    ],
    [
      'the narrow context, where only that one fails',
      [
        { tasks: 6, operator: 'cmp_flip', context: 'while' },
        { tasks: 12, operator: 'cmp_flip', context: 'if', ...success },
        { tasks: 12, operator: 'arith', context: 'if', ...success },
      ],
      ['anti_pattern cmp_flip while', 'strategy arith *', 'strategy cmp_flip if'],
    ],
    [
      'the repository, where only that one fails',
      [
        { tasks: 6, operator: 'cmp_flip', repository: 'beta' },
        { tasks: 14, operator: 'cmp_flip', repository: 'alpha', ...success },
        { tasks: 10, operator: 'arith', repository: 'beta', ...success },
      ],
      ['anti_pattern cmp_flip binary repository=beta', 'strategy arith *', 'strategy cmp_flip binary repository=alpha'],
    ],
    [
      'the exception, where only that one fails',
      [
        { tasks: 6, operator: 'cmp_flip', exception: 'KeyError' },
        { tasks: 14, operator: 'cmp_flip', exception: 'TypeError', ...success },
        { tasks: 10, operator: 'arith', ...success },
      ],
      [
        'anti_pattern cmp_flip binary exception=KeyError',
        'strategy arith *',
        'strategy cmp_flip binary exception=TypeError',
      ],
    ],
  ])('%s', (_, plants, expected) => {
    expect(shortly(cards(plants)).sort()).toEqual([...expected].sort());
  });

  it('counts tasks for support, attempts for z', () => {
    const [card] = cards([{ tasks: 3, attempts: 8, operator: 'cmp_flip' }, easy]);
    expect(card).toMatchObject({ support: 3, attempt_count: 24, failure_rate: 1 });
    const base = 24 / 64;
    expect(card!.z).toBeCloseTo((1 - base) / Math.sqrt((base * (1 - base)) / 24), 10);
    expect(card!.lift).toBeCloseTo(1 / base, 10);
    expect(card!.lift_low).toBeLessThan(card!.lift);
    expect(card!.lift_low).toBeCloseTo(0.4385 / base, 4);
  });

  it('a card says what it is about in each of its four fields', () => {
    const found = cards([
      { tasks: 5, operator: 'cmp_flip', context: 'compare' },
      easy,
      { tasks: 4, operator: 'guard_del', outcome: 'partial' },
    ]);
    expect(found.map((c) => c.kind).sort()).toEqual(['anti_pattern', 'remediation', 'strategy']);
    for (const card of found) {
      expect(card.description).toMatch(/attempts over \d+ tasks in alpha; lift \d/);
      expect(card.applicability.length).toBeGreaterThan(20);
      expect(card.operations.length).toBeGreaterThanOrEqual(4);
      expect(card.name).toContain(card.operator);
      const { name, description, applicability, operations } = card;
      expect([name, description, applicability, ...operations].join()).not.toMatch(/undefined|NaN|\*|_of_/);
    }
  });

  it('has the coverage of failed tasks right', () => {
    const found = cards([{ tasks: 6, operator: 'cmp_flip' }, { tasks: 2, operator: 'slice' }, easy]);
    expect(found.find((c) => c.operator === 'cmp_flip')!.coverage).toBeCloseTo(6 / 8);
    expect(found.find((c) => c.kind === 'strategy')!.coverage).toBe(0);
  });

  it('keeps evidence that is there', () => {
    const plants: Plant[] = [{ tasks: 9, operator: 'cmp_flip' }, easy];
    const known = new Map(episodesAt(plants).map((e) => [e.trace_id, e]));
    for (const card of cards(plants)) {
      expect(card.evidence_trace_ids.length).toBe(12);
      expect(card.evidence_steps).toEqual(card.evidence_trace_ids.map((trace) => `${trace}#3`));
      for (const trace of card.evidence_trace_ids) expect(known.get(trace)!.operator).toBe(card.operator);
    }
  });
});

describe('laws', () => {
  const plant = fc.record({
    tasks: fc.integer({ min: 1, max: 6 }),
    attempts: fc.integer({ min: 1, max: 3 }),
    operator: fc.constantFrom('arith', 'slice', 'cmp_flip', 'guard_del'),
    context: fc.constantFrom('if', 'call'),
    repository: fc.constantFrom('alpha', 'beta'),
    language: fc.constantFrom('python', 'javascript'),
    exception: fc.constantFrom('none', 'KeyError'),
    outcome: fc.constantFrom('success' as const, 'partial' as const, 'failure' as const),
    failure_mode: fc.constantFrom('wrong_operator', 'localise_line', 'unrepairable', 'overfit'),
  });
  const world = fc.array(plant, { minLength: 1, maxLength: 12 }).map(episodesAt);
  const loose = { support: 1, z: 0.5 };
  const all = { ...registry, new_tasks: 1 };

  it('the registry does not depend on the order of episodes', () => {
    const both = world.chain((episodes) =>
      fc.tuple(fc.constant(episodes), fc.shuffledSubarray(episodes, { minLength: episodes.length })),
    );
    fc.assert(
      fc.property(both, ([episodes, shuffled]) => {
        const one = updateRegistry(mine(episodes, loose), episodes, [], all);
        expect(updateRegistry(mine(shuffled, loose), shuffled, [], all)).toEqual(one);
      }),
    );
  });

  it('every card has figures its episodes bear out, and no two cards are the same', () => {
    fc.assert(
      fc.property(world, (episodes) => {
        const found = updateRegistry(mine(episodes, loose), episodes, [], all);
        expect(new Set(found.map((c) => c.skill_id)).size).toBe(found.length);
        for (const card of found) {
          expect(card.lift).toBeGreaterThan(1);
          expect(card.lift_low).toBeLessThanOrEqual(card.lift + 1e-12);
          expect(card.lift_high).toBeGreaterThanOrEqual(card.lift - 1e-12);
          expect(card.support).toBeLessThanOrEqual(card.attempt_count);
          expect(card.coverage).toBeGreaterThanOrEqual(0);
          expect(card.coverage).toBeLessThanOrEqual(1);
          expect(['unrepairable', 'unknown']).not.toContain(card.kind === 'anti_pattern' ? card.failure_mode : '');
        }
      }),
    );
  });
});

describe('vocabulary', () => {
  it.each(operators.filter((o) => !o.repair_only).map((o) => [o.name]))(
    'has words for a bug of family %s',
    (operator) => {
      const [card] = cards([
        { tasks: 5, operator },
        { ...easy, operator: 'zz' },
      ]);
      expect(card!.description).not.toContain('an edit of family');
    },
  );
});
