import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../pipeline/random.ts';
import { MlpPolicy } from '../../../pipeline/solver/mlp.ts';
import { LogLinearPolicy, type Policy } from '../../../pipeline/solver/policy.ts';
import { passRates } from '../../../pipeline/training/evaluate.ts';
import { executingProvider } from '../../../pipeline/training/trainer.ts';
import { addImitationGradient, warmStart } from '../../../pipeline/training/warm-start.ts';
import { executeIn, makeWorld, type WorldTask } from '../solver/world.ts';

const BUCKETS = 1024;
const rollouts = executingProvider<WorldTask>(executeIn);

const noisy = (length: number): Float64Array => {
  const random = seededRandom('noise');
  return Float64Array.from({ length }, () => random() - 0.5);
};

describe('warmStart', () => {
  it('raises likelihood and success on other tasks', async () => {
    const policy = new LogLinearPolicy(BUCKETS);
    const tasks = makeWorld({ seed: 'other', tasks: 40, buckets: BUCKETS });
    const success = async () => {
      const rates = [...(await passRates({ policy, tasks, rollouts, count: 16, seed: 's' })).values()];
      return rates.reduce((a, b) => a + b, 0) / rates.length;
    };
    const before = await success();
    const demonstrations = makeWorld({ seed: 'shown', tasks: 16, buckets: BUCKETS });
    const likelihoods = warmStart({ policy, demonstrations, seed: '1', epochs: 12 });
    expect(likelihoods).toHaveLength(12);
    expect(likelihoods.at(-1)).toBeGreaterThan(likelihoods[0]!);
    expect(await success()).toBeGreaterThan(before + 0.1);
  });

  it('is the same for the same seed in any order of demonstrations', () => {
    const run = (reverse: boolean) => {
      const policy = new LogLinearPolicy(BUCKETS);
      const shown = makeWorld({ seed: 'shown', tasks: 9, buckets: BUCKETS });
      warmStart({ policy, demonstrations: reverse ? shown.reverse() : shown, seed: '1' });
      return policy.parameters;
    };
    expect(run(true)).toEqual(run(false));
  });

  it.each<[Policy['kind'], Policy]>([
    ['loglinear', new LogLinearPolicy(256, noisy(256 + 64))],
    ['mlp', new MlpPolicy(256, noisy(MlpPolicy.random('m', 256).parameterCount))],
  ])('has the gradient that finite differences find: %s', (_, policy) => {
    const [task] = makeWorld({ seed: 'fd', tasks: 1, buckets: 256 });
    const shown = {
      ...task!,
      repairs: [task!.repairs[0]!, task!.repairs[0]! === task!.space.size - 1 ? 5 : task!.repairs[0]! + 1],
    };
    const gradient = new Float64Array(policy.parameterCount);
    addImitationGradient(policy, shown, gradient);
    const likelihood = () => addImitationGradient(policy, shown, new Float64Array(policy.parameterCount));
    const touched = Array.from(gradient.keys()).filter((i) => gradient[i] !== 0);
    for (const i of touched.filter((_, n) => n % Math.ceil(touched.length / 80) === 0)) {
      const kept = policy.parameters[i]!;
      policy.parameters[i] = kept + 1e-4;
      const above = likelihood();
      policy.parameters[i] = kept - 1e-4;
      const below = likelihood();
      policy.parameters[i] = kept;
      expect((above - below) / 2e-4).toBeCloseTo(gradient[i]!, 6);
    }
  });

  it('refuses a demonstration without a repair', () => {
    const [task] = makeWorld({ seed: 'fd', tasks: 1 });
    const shown = [{ ...task!, repairs: [] }];
    expect(() => warmStart({ policy: new LogLinearPolicy(1024), demonstrations: shown, seed: '1' })).toThrow(
      'has no repair',
    );
  });
});
