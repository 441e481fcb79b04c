import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../pipeline/random.ts';
import { type Episode, Rollouts } from '../../../pipeline/solver/episode.ts';
import {
  addPolicyGradient,
  cosine,
  denseGradient,
  policyGradient,
  sparseGradient,
} from '../../../pipeline/solver/gradient.ts';
import { MlpPolicy } from '../../../pipeline/solver/mlp.ts';
import { LogLinearPolicy, type Policy } from '../../../pipeline/solver/policy.ts';
import { replay } from './reference.ts';
import { knownOutcomes, makeWorld, type WorldTask } from './world.ts';

const BUCKETS = 256;
const BUDGET = 8;

const noisy = (length: number, seed: string): Float64Array => {
  const random = seededRandom(seed);
  return Float64Array.from({ length }, () => random() - 0.5);
};

const policies: Record<Policy['kind'], (seed: string) => Policy> = {
  loglinear: (seed) => new LogLinearPolicy(BUCKETS, noisy(BUCKETS + 64, seed)),
  mlp: (seed) => new MlpPolicy(BUCKETS, noisy(MlpPolicy.random('s', BUCKETS).parameterCount, seed)),
};

const roll = (policy: Policy, task: WorldTask, count = 5, temperature = 1): Rollouts => {
  const { space, task_id } = task;
  const outcomes = knownOutcomes(task);
  const rollouts = new Rollouts({
    ...{ space, policy, outcomes, task_id, count, temperature },
    checkpoint_id: 'c',
    budget: BUDGET,
  });
  rollouts.advance();
  return rollouts;
};

const smallTask = (seed: string): WorldTask =>
  makeWorld({ seed, tasks: 1, functions: 3, edits: 6, buckets: BUCKETS })[0]!;

/** Mean of advantage times log probability, by the slow rules. */
const objective = (
  policy: Policy,
  task: WorldTask,
  episodes: readonly Episode[],
  advantages: readonly number[],
  per_step: 'sum' | 'mean',
): number =>
  episodes.reduce((sum, { steps }, i) => {
    const actions = steps.map((step) => step.action);
    const logs = replay(policy, task.space, task.truth, actions, BUDGET).log_probabilities;
    const episode = logs.reduce((a, b) => a + b, 0) / (per_step === 'mean' ? steps.length : 1);
    return sum + (advantages[i]! * episode) / episodes.length;
  }, 0);

describe.each(Object.keys(policies) as Policy['kind'][])('%s policy', (kind) => {
  it('has the gradient that finite differences find', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('sum', 'mean'), (seed, per_step) => {
        const task = smallTask(seed);
        const policy = policies[kind](seed);
        const rollouts = roll(policy, task);
        const advantages = Array.from(noisy(5, `${seed} advantages`), (x) => 2 * x);
        const exact = new Float64Array(policy.parameterCount);
        addPolicyGradient(policy, rollouts, advantages, exact, { per_step });
        const episodes = rollouts.episodes();
        const slope = (i: number) => {
          const kept = policy.parameters[i]!;
          const at = (x: number) => {
            policy.parameters[i] = x;
            return objective(policy, task, episodes, advantages, per_step);
          };
          const rise = (at(kept + 1e-4) - at(kept - 1e-4)) / 2e-4;
          policy.parameters[i] = kept;
          return rise;
        };
        const touched = Array.from(exact.keys()).filter((i) => exact[i] !== 0);
        const step = Math.ceil(touched.length / 60);
        for (const i of [...touched.filter((_, n) => n % step === 0), 0, 3, BUCKETS + 63]) {
          expect(slope(i)).toBeCloseTo(exact[i]!, 6);
        }
        for (let d = 0; d < 32; d++) expect(slope(BUCKETS + d)).toBeCloseTo(exact[BUCKETS + d]!, 6);
      }),
      { numRuns: 8 },
    );
  });

  it('has exactly no gradient when all advantages are zero', () => {
    const policy = policies[kind]('z');
    const gradient = policyGradient(policy, roll(policy, smallTask('z')), [0, 0, 0, 0, 0]);
    expect(gradient.every((x) => Object.is(x, 0))).toBe(true);
  });
});

describe('policyGradient', () => {
  it('is the derivative of the tempered policy', () => {
    const task = smallTask('t');
    const warm = policies.loglinear('t');
    const gradient = (policy: Policy, temperature: number) =>
      policyGradient(policy, roll(policy, task, 5, temperature), [1, -1, 0.5, 0, -0.5]);
    const cool = new LogLinearPolicy(
      BUCKETS,
      warm.parameters.map((x) => x / 2),
    );
    const expected = gradient(cool, 1).map((x) => x / 2);
    const found = gradient(warm, 2);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
  });

  it('refuses unfinished rollouts and a wrong number of advantages', () => {
    const policy = policies.loglinear('u');
    const task = smallTask('u');
    const { space, task_id } = task;
    const request = { space, policy, outcomes: task.outcomes, task_id, checkpoint_id: 'c', count: 2 };
    const rollouts = new Rollouts(request);
    expect(() => policyGradient(policy, rollouts, [1])).toThrow('1 advantages given for 2 rollouts');
    expect(() => policyGradient(policy, rollouts, [1, 0])).toThrow('waiting');
  });

  it('survives the way through its non-zero entries', () => {
    const policy = policies.loglinear('v');
    const dense = policyGradient(policy, roll(policy, smallTask('v')), [1, -1, 0.5, 0, -0.5]);
    const sparse = sparseGradient(dense);
    expect(denseGradient(sparse)).toEqual(dense);
    expect(sparse.ids.length).toBeLessThan(dense.length);
    expect(sparse.norm2).toBeCloseTo(
      dense.reduce((sum, x) => sum + x * x, 0),
      12,
    );
    expect(cosine(dense, dense)).toBeCloseTo(1, 12);
    expect(cosine(dense, new Float32Array(dense.length))).toBeNull();
  });
});
