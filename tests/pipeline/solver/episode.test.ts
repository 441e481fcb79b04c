import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../pipeline/random.ts';
import { type ActionSpace, actionSpace } from '../../../pipeline/solver/action-space.ts';
import { type RolloutRequest, Rollouts, runRollouts } from '../../../pipeline/solver/episode.ts';
import { OutcomeTable } from '../../../pipeline/solver/outcomes.ts';
import { LogLinearPolicy } from '../../../pipeline/solver/policy.ts';
import type { EditOutcome } from '../../../pipeline/solver/types.ts';
import { replay } from './reference.ts';
import { executeIn, featuresOf, knownOutcomes, makeWorld, outcome, type WorldTask } from './world.ts';

const randomPolicy = (seed: string, scale = 1): LogLinearPolicy => {
  const random = seededRandom(seed);
  return new LogLinearPolicy(
    1024,
    Float64Array.from({ length: 1024 + 64 }, () => scale * (random() - 0.5)),
  );
};

const request = (task: WorldTask, over: Partial<RolloutRequest> = {}): RolloutRequest => ({
  space: task.space,
  policy: randomPolicy('p'),
  outcomes: new OutcomeTable(task.space.size),
  task_id: task.task_id,
  checkpoint_id: 'c',
  count: 6,
  ...over,
});

const finished = (rollouts: Rollouts): Rollouts => {
  expect(rollouts.advance()).toEqual([]);
  return rollouts;
};

/** One function; its edits have the given outcomes. */
const tinyTask = (outcomes: readonly EditOutcome[]): { space: ActionSpace; table: OutcomeTable } => {
  const places = outcomes.map((_, i) => ({ line: i, operator: 'arith', site: `${i}` }));
  const space = actionSpace([places], featuresOf(Array.from({ length: outcomes.length + 1 }, (_, i) => [i])));
  const table = new OutcomeTable(space.size);
  for (const [i, row] of outcomes.entries()) table.set(i + 1, row);
  return { space, table };
};

const play = (outcomes: readonly EditOutcome[], budget = 12, count = 20) => {
  const { space, table } = tinyTask(outcomes);
  const policy = new LogLinearPolicy(16);
  const rollouts = new Rollouts({ space, policy, outcomes: table, task_id: 't', checkpoint_id: 'c', count, budget });
  return finished(rollouts).episodes();
};

describe('episode', () => {
  it('opens before it edits and never repeats an action', async () => {
    const [task] = makeWorld({ seed: 's', tasks: 1 });
    const episodes = (await runRollouts(request(task!, { count: 50 }), executeIn(task!))).episodes();
    for (const { steps } of episodes) {
      const actions = steps.map((step) => step.action);
      expect(new Set(actions).size).toBe(actions.length);
      expect(steps[0]!.kind).toBe('open');
      for (const [i, step] of steps.entries()) {
        if (step.kind === 'edit') expect(actions.slice(0, i)).toContain(task!.space.function_of[step.action]);
      }
      expect(steps.length).toBeLessThanOrEqual(12);
    }
  });

  it('ends at the first edit that is green on failing and visible tests', () => {
    for (const episode of play([outcome('fixed', { full: true }), outcome('same'), outcome('same')])) {
      expect(episode.is_solved).toBe(true);
      expect(episode.steps.at(-1)!.action).toBe(episode.submitted);
    }
  });

  it('hands in the best partial repair when nothing is green', () => {
    const low = outcome('partial', { fail_to_pass_fraction: 0.25 });
    const high = outcome('partial', { fail_to_pass_fraction: 0.75 });
    for (const episode of play([low, high, outcome('different')])) expect(episode.submission).toBe(high);
  });

  it('keeps the first of equally good partial repairs', () => {
    const rows = [0.8, 0.9].map((pass_to_pass_fraction) => outcome('partial', { pass_to_pass_fraction }));
    for (const episode of play(rows)) expect(episode.submitted).toBe(episode.steps[1]!.action);
  });

  it('prefers an edit that fixes all failing tests but breaks visible ones to a partial one, and goes on', () => {
    const red = outcome('fixed', { visible_ok: false });
    for (const episode of play([outcome('partial'), red, outcome('same')])) {
      expect(episode.submission).toBe(red);
      expect(episode.is_solved).toBe(false);
      expect(episode.steps).toHaveLength(4);
    }
  });

  it('hands in nothing when nothing helped', () => {
    for (const episode of play([outcome('same'), outcome('broken'), outcome('timeout')])) {
      expect(episode).toMatchObject({ submitted: null, submission: null, is_solved: false });
    }
  });

  it('stops at the budget', () => {
    for (const episode of play([outcome('same'), outcome('same'), outcome('same')], 2)) {
      expect(episode.steps).toHaveLength(2);
    }
  });

  it('ends at once when there is no action', () => {
    const space = actionSpace([], { ids: new Uint32Array(0), offsets: new Uint32Array(1) });
    const policy = new LogLinearPolicy(16);
    const outcomes = new OutcomeTable(0);
    const rollouts = new Rollouts({ space, policy, outcomes, task_id: 't', checkpoint_id: 'c', count: 3 });
    expect(
      finished(rollouts)
        .episodes()
        .map((e) => e.steps),
    ).toEqual([[], [], []]);
  });

  it('refuses outcomes that contradict each other and tables of another task', () => {
    const [task] = makeWorld({ seed: 's', tasks: 1 });
    const table = knownOutcomes(task!);
    expect(() => table.set(task!.repairs[0]!, outcome('same'))).toThrow('had another outcome before');
    expect(() => new Rollouts(request(task!, { outcomes: new OutcomeTable(3) }))).toThrow('outcome table of 3');
  });
});

describe('a wave of episodes', () => {
  it('asks for each edit once, in order', async () => {
    const [task] = makeWorld({ seed: 's', tasks: 1 });
    await runRollouts(request(task!, { count: 64 }), async (actions) => {
      expect([...new Set(actions)].sort((a, b) => a - b)).toEqual(actions);
      return executeIn(task!)(actions);
    });
    expect(Math.max(...task!.executed)).toBe(1);
  });

  it('does not depend on how outcomes arrive or on the size of the group', async () => {
    const [task] = makeWorld({ seed: 's', tasks: 1, functions: 3, edits: 8 });
    const known = finished(new Rollouts(request(task!, { outcomes: knownOutcomes(task!), count: 9 }))).episodes();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 8 }), fc.array(fc.nat(200), { maxLength: 40 }), async (cut, early) => {
        const outcomes = new OutcomeTable(task!.space.size);
        for (const action of early) if (task!.truth[action]) outcomes.set(action, task!.truth[action]);
        const first = await runRollouts(request(task!, { outcomes, count: cut }), executeIn(task!));
        const rest = { outcomes, count: 9 - cut, first_attempt: cut };
        const second = await runRollouts(request(task!, rest), executeIn(task!));
        expect([...first.episodes(), ...second.episodes()]).toEqual(known);
      }),
      { numRuns: 30 },
    );
  });

  it('depends on the task and on the checkpoint', () => {
    const [task] = makeWorld({ seed: 's', tasks: 1 });
    const outcomes = knownOutcomes(task!);
    const actions = (over: Partial<RolloutRequest>) =>
      finished(new Rollouts(request(task!, { outcomes, ...over })))
        .episodes()
        .map((e) => e.steps.map((s) => s.action));
    expect(actions({ checkpoint_id: 'd' })).not.toEqual(actions({}));
    expect(actions({ task_id: 'other' })).not.toEqual(actions({}));
  });
});

describe('probabilities', () => {
  it('equal those of the rules written down a second time', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(3, 7, 12), (seed, budget) => {
        const [task] = makeWorld({ seed, tasks: 1, functions: 3, edits: 9, partial: 0.3 });
        const policy = randomPolicy(seed, 4);
        const over = { outcomes: knownOutcomes(task!), policy, budget };
        for (const { steps } of finished(new Rollouts(request(task!, over))).episodes()) {
          const actions = steps.map((step) => step.action);
          const slow = replay(policy, task!.space, task!.truth, actions, budget);
          for (const [i, step] of steps.entries()) {
            expect(Math.log(step.probability)).toBeCloseTo(slow.log_probabilities[i]!, 9);
            expect(step.entropy).toBeCloseTo(slow.entropies[i]!, 9);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are drawn as often as they say', () => {
    const { space, table } = tinyTask([outcome('fixed'), outcome('fixed'), outcome('fixed')]);
    const policy = new LogLinearPolicy(16, new Float64Array(16 + 64));
    policy.parameters.set([0, 0, 1, 2]);
    const request = { space, policy, outcomes: table, task_id: 't', checkpoint_id: 'c', count: 20_000 };
    const firsts = finished(new Rollouts(request))
      .episodes()
      .map((e) => e.steps[1]!);
    for (const action of [1, 2, 3]) {
      const drawn = firsts.filter((step) => step.action === action);
      expect(drawn.length / firsts.length).toBeCloseTo(drawn[0]!.probability, 1.7);
    }
  });
});
