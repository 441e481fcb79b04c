import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom, shuffled } from '../../../pipeline/random.ts';
import {
  SELECTION_POLICIES,
  type SelectionCandidate,
  type SelectionPolicyName,
} from '../../../pipeline/selection/policies.ts';
import { type SelectOptions, select } from '../../../pipeline/selection/select.ts';

const candidate = (task_id: string, over: Partial<SelectionCandidate> = {}): SelectionCandidate => ({
  ...{ task_id, repository_id: 'r', skill_id: 's', cosine: 0.5, dot: 1, pass_rate: 0.5, reward_variance: 0.1 },
  ...over,
});

const names = Object.keys(SELECTION_POLICIES) as SelectionPolicyName[];

const candidates = fc.uniqueArray(
  fc.record({
    task_id: fc.integer({ min: 0, max: 99 }).map((i) => `task_${i}`),
    repository_id: fc.constantFrom('r1', 'r2', 'r3'),
    skill_id: fc.constantFrom('s1', 's2', null),
    cosine: fc.constantFrom(-0.5, 0, 0.1, 0.1, 0.7, null),
    dot: fc.constantFrom(-2, 0, 3, null),
    pass_rate: fc.constantFrom(0, 0.25, 0.5, 1),
    reward_variance: fc.constantFrom(0, 0.1),
  }),
  { selector: (row) => row.task_id, maxLength: 30 },
);

const ids = (rows: ReturnType<typeof select>, reason = 'selected') =>
  rows.filter((row) => row.reason === reason).map((row) => row.task_id);

describe('select', () => {
  it.each<[SelectionPolicyName, string[]]>([
    ['cos', ['a', 'b', 'c']],
    ['dot', ['b', 'a', 'c']],
    ['cos_unc', ['b', 'a', 'c']],
    ['uncertainty', ['b', 'c', 'a']],
    ['variance', ['c', 'b', 'a']],
    ['hardness', ['a', 'b', 'c']],
  ])('orders by %s', (policy, expected) => {
    const rows = [
      candidate('c', { cosine: 0.1, dot: 0.5, pass_rate: 0.75, reward_variance: 0.3 }),
      candidate('b', { cosine: 0.5, dot: 2, pass_rate: 0.5, reward_variance: 0.2 }),
      candidate('a', { cosine: 0.6, dot: 1, pass_rate: 0.0625, reward_variance: 0.1 }),
    ];
    expect(ids(select(rows, { policy, budget: 3, seed: '1' }))).toEqual(expected);
  });

  it('never fills a budget with tasks that point elsewhere or nowhere', () => {
    const rows = [
      candidate('a', { cosine: 0.1 }),
      candidate('b', { cosine: -0.1 }),
      candidate('c', { cosine: null, dot: null }),
    ];
    const chosen = select(rows, { policy: 'cos', budget: 3, seed: '1' });
    expect(chosen.map((row) => [row.task_id, row.rank, row.reason])).toEqual([
      ['a', 1, 'selected'],
      ['c', null, 'no_gradient'],
      ['b', null, 'score_not_positive'],
    ]);
  });

  it('keeps to its quotas and says which one a task met', () => {
    const rows = [
      candidate('a', { cosine: 0.9 }),
      candidate('b', { cosine: 0.8 }),
      candidate('c', { cosine: 0.7, skill_id: null }),
      candidate('d', { cosine: 0.6, skill_id: null, repository_id: 'q' }),
      candidate('e', { cosine: 0.5, skill_id: 't', repository_id: 'q' }),
      candidate('f', { cosine: 0.4, skill_id: 'u', repository_id: 'p' }),
    ];
    const options: SelectOptions = { policy: 'cos', budget: 3, quota_per_skill: 1, quota_per_repository: 2, seed: '1' };
    expect(select(rows, options).map((row) => row.reason)).toEqual([
      ...['selected', 'quota_skill', 'selected', 'quota_skill', 'selected', 'budget'],
    ]);
    const tight = select(rows, { ...options, quota_per_skill: null, quota_per_repository: 1 });
    expect(ids(tight)).toEqual(['a', 'd', 'f']);
    expect(ids(tight, 'quota_repository')).toEqual(['b', 'c', 'e']);
  });

  it('draws at random by seed and task alone', () => {
    const rows = Array.from({ length: 20 }, (_, i) => candidate(`task_${i}`));
    const draw = (seed: string, from = rows) => ids(select(from, { policy: 'random', budget: 20, seed }));
    expect(draw('1')).not.toEqual(draw('2'));
    expect(draw('1', rows.slice(5))).toEqual(draw('1').filter((id) => rows.slice(5).some((row) => row.task_id === id)));
  });

  it.each(names)('%s: one row each, ranks without gaps, within budget, whatever the order of rows', (policy) => {
    fc.assert(
      fc.property(candidates, fc.integer({ min: 0, max: 12 }), (rows, budget) => {
        const options = { policy, budget, quota_per_skill: 3, quota_per_repository: 4, seed: '1' };
        const chosen = select(rows, options);
        expect(chosen.map((row) => row.task_id).sort()).toEqual(rows.map((row) => row.task_id).sort());
        const ranks = chosen.flatMap((row) => row.rank ?? []);
        expect(ranks).toEqual(Array.from({ length: ranks.length }, (_, i) => i + 1));
        expect(ranks.length).toBeLessThanOrEqual(budget);
        for (const row of chosen) expect(row.rank === null).toBe(row.reason !== 'selected');
        expect(select(shuffled(rows, seededRandom('x')), options)).toEqual(chosen);
      }),
    );
  });
});
