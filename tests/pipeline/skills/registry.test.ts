import { describe, expect, it } from 'vitest';
import { mine } from '../../../pipeline/skills/mine.ts';
import { updateRegistry } from '../../../pipeline/skills/registry.ts';
import type { Skill } from '../../../schemas/skills.ts';
import { episodesAt, type Plant, shortly, success } from './planted.ts';

const settings = { similarity: 0.7, new_tasks: 2, most: 12 };
const round = (plants: readonly Plant[], before: readonly Skill[], number: number, over = {}): Skill[] => {
  const episodes = episodesAt(plants);
  return updateRegistry(mine(episodes, { support: 3, z: 1.5 }), episodes, before, {
    ...settings,
    ...over,
    round: number,
  });
};
const easy: Plant = { tasks: 30, operator: 'arith', ...success };
const weak = (operator: string, over: Partial<Plant> = {}): Plant => ({ tasks: 6, operator, ...over });
const byOperator = (skills: readonly Skill[], operator: string) =>
  skills.filter((s) => s.operator === operator && s.kind === 'anti_pattern');

describe('lineage', () => {
  it('a weakness that is found again is carried under its id, with its first round', () => {
    const one = round([weak('cmp_flip'), easy], [], 1);
    const two = round([weak('cmp_flip', { tasks: 9 }), easy], one, 2);
    expect(byOperator(one, 'cmp_flip')[0]).toMatchObject({ lineage: 'new', first_round: 1, support: 6 });
    expect(byOperator(two, 'cmp_flip')[0]).toMatchObject({ lineage: 'carried', first_round: 1, support: 9 });
    expect(byOperator(two, 'cmp_flip')[0]!.skill_id).toBe(byOperator(one, 'cmp_flip')[0]!.skill_id);
  });

  it('one that is gone is retired for one round, then forgotten; found anew it is new again', () => {
    const one = round([weak('cmp_flip'), easy], [], 1);
    const two = round([weak('slice'), easy], one, 2);
    expect(byOperator(two, 'cmp_flip')[0]).toMatchObject({ lineage: 'retired', merged_into: null });
    expect(byOperator(two, 'slice')[0]).toMatchObject({ lineage: 'new', first_round: 2 });
    const three = round([weak('cmp_flip'), easy], two, 3);
    expect(byOperator(three, 'cmp_flip')[0]).toMatchObject({ lineage: 'new', first_round: 1 });
    expect(byOperator(three, 'slice')[0]).toMatchObject({ lineage: 'retired' });
    expect(byOperator(round([weak('cmp_flip'), easy], three, 4), 'slice')).toEqual([]);
  });

  it('one that a stronger pattern covers is merged into it', () => {
    const narrow: Plant[] = [
      weak('cmp_flip', { context: 'while' }),
      { tasks: 20, operator: 'cmp_flip', context: 'if', ...success },
      easy,
    ];
    const one = round(narrow, [], 1);
    expect(shortly(byOperator(one, 'cmp_flip'))).toEqual(['anti_pattern cmp_flip while']);
    const two = round(
      [weak('cmp_flip', { context: 'while' }), weak('cmp_flip', { context: 'if', tasks: 2 }), easy],
      one,
      2,
    );
    const [broad, old] = byOperator(two, 'cmp_flip');
    expect(broad).toMatchObject({ context: '*', lineage: 'new' });
    expect(old).toMatchObject({ context: 'while', lineage: 'merged', merged_into: broad!.skill_id });
  });

  it('ids are unique whatever the history', () => {
    let registry: Skill[] = [];
    const operators = ['cmp_flip', 'slice', 'guard_del'];
    for (let n = 1; n <= 6; n++) {
      registry = round(
        [weak(operators[n % 3]!), weak(operators[(n * 2) % 3]!, { context: 'call' }), easy],
        registry,
        n,
      );
      expect(new Set(registry.map((s) => s.skill_id)).size).toBe(registry.length);
    }
  });
});

describe('few and true', () => {
  it('near-duplicates by traces are one card, different kinds are not', () => {
    const found = round([weak('cmp_flip', { context: 'while', exception: 'KeyError' }), easy], [], 1);
    expect(shortly(found)).toEqual(['anti_pattern cmp_flip *', 'strategy arith *']);
  });

  it('a card must add tasks, and there are at most so many of a kind', () => {
    const plants = ['cmp_flip', 'slice', 'guard_del', 'aug'].map((operator) => weak(operator));
    expect(byOperatorCount(round([...plants, easy], [], 1))).toBe(4);
    expect(byOperatorCount(round([...plants, easy], [], 1, { most: 2 }))).toBe(2);
    expect(byOperatorCount(round([...plants, easy], [], 1, { new_tasks: 7 }))).toBe(0);
  });

  const byOperatorCount = (skills: readonly Skill[]): number => skills.filter((s) => s.kind === 'anti_pattern').length;
});
