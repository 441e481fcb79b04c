import { describe, expect, it } from 'vitest';
import { MlpPolicy } from '../../../pipeline/solver/mlp.ts';
import { OutcomeTable } from '../../../pipeline/solver/outcomes.ts';
import { LogLinearPolicy, type Policy } from '../../../pipeline/solver/policy.ts';
import { Adam } from '../../../pipeline/training/adam.ts';
import { checkpointBytes, checkpointId, readCheckpoint } from '../../../pipeline/training/checkpoint.ts';
import { passRates } from '../../../pipeline/training/evaluate.ts';
import { taskGradient } from '../../../pipeline/training/task-gradient.ts';
import { executingProvider, type TrainOptions, trainPolicy } from '../../../pipeline/training/trainer.ts';
import { executeIn, makeWorld, outcome, type WorldTask } from '../solver/world.ts';

const BUCKETS = 1024;
const rollouts = executingProvider<WorldTask>(executeIn);
const world = (seed: string, tasks = 24) => makeWorld({ seed, tasks, buckets: BUCKETS });

const success = async (policy: Policy, tasks: readonly WorldTask[]): Promise<number> => {
  const rates = await passRates({ policy, tasks, rollouts, count: 16, seed: 'held out' });
  return [...rates.values()].reduce((a, b) => a + b, 0) / rates.size;
};

const train = (policy: Policy, over: Partial<TrainOptions<WorldTask>> = {}) =>
  trainPolicy<WorldTask>({ policy, tasks: world('train'), rollouts, steps: 40, batch: 8, seed: '1', ...over });

describe('trainPolicy', () => {
  it.each([
    { name: 'GDPO, log-linear', policy: () => new LogLinearPolicy(BUCKETS), over: {} },
    {
      name: 'GRPO, log-linear',
      policy: () => new LogLinearPolicy(BUCKETS),
      over: { advantages: { kind: 'grpo' as const } },
    },
    { name: 'GDPO, MLP', policy: () => MlpPolicy.random('m', BUCKETS), over: { learning_rate: 0.01 } },
  ])('raises success on tasks it never saw: $name', async ({ policy: make, over }) => {
    const policy = make();
    const heldOut = world('held out', 40);
    const before = await success(policy, heldOut);
    await train(policy, over);
    expect(before).toBeLessThan(0.25);
    expect(await success(policy, heldOut)).toBeGreaterThan(before + 0.2);
  });

  it('gives the same bytes for the same seed, whatever is known beforehand', async () => {
    const bytes = async (tasks: WorldTask[], seed: string) => {
      const policy = new LogLinearPolicy(BUCKETS);
      const { optimiser } = await train(policy, { tasks, seed, steps: 6 });
      return checkpointId(checkpointBytes({ policy, optimiser }));
    };
    const tasks = world('train');
    const cold = await bytes(tasks, '1');
    expect(await bytes([...tasks].reverse(), '1')).toBe(cold);
    expect(await bytes(tasks, '2')).not.toBe(cold);
  });

  it('goes on where it stopped when the optimiser is kept', async () => {
    const policy = new LogLinearPolicy(BUCKETS);
    const first = await train(policy, { steps: 3 });
    expect(first.optimiser.steps).toBe(3);
    const second = await train(policy, { steps: 2, optimiser: first.optimiser });
    expect(second.optimiser).toBe(first.optimiser);
    expect(second.optimiser.steps).toBe(5);
  });

  it('learns nothing from tasks on which all rollouts agree', async () => {
    const tasks = world('train', 4).map((task) => ({
      ...task,
      truth: task.truth.map((row) => row && outcome('same')),
      outcomes: new OutcomeTable(task.space.size),
    }));
    const policy = new LogLinearPolicy(BUCKETS);
    const { steps } = await train(policy, { tasks, steps: 2, batch: 4 });
    expect(policy.parameters.every((x) => x === 0)).toBe(true);
    expect(steps[0]).toMatchObject({ solved: 0, zero_gradient_tasks: 4, gradient_norm: 0 });
  });

  it('changes nothing without tasks', async () => {
    const policy = new LogLinearPolicy(BUCKETS);
    expect((await train(policy, { tasks: [] })).steps).toEqual([]);
  });

  it('executes each edit of a task once', async () => {
    const tasks = world('train', 16);
    await train(new LogLinearPolicy(BUCKETS), { tasks, batch: 16, steps: 10 });
    for (const task of tasks) expect(Math.max(...task.executed)).toBe(1);
  });
});

describe('taskGradient', () => {
  it('counts what happened and gives a zero gradient a flag', async () => {
    const [task] = world('gradient', 1);
    const policy = new LogLinearPolicy(BUCKETS);
    const { space, task_id, outcomes } = task!;
    const rolled = await rollouts(task!, { space, task_id, outcomes, policy, checkpoint_id: 'c', count: 64 });
    const found = taskGradient(policy, rolled);
    expect(found.rollout_count).toBe(64);
    expect(found.pass_rate).toBe(rolled.episodes().filter((e) => e.is_solved).length / 64);
    expect(found.is_zero).toBe(false);
    expect(found.gradient).toHaveLength(BUCKETS + 64);
    const alone = await rollouts(task!, { space, task_id, outcomes, policy, checkpoint_id: 'c', count: 1 });
    expect(taskGradient(policy, alone)).toMatchObject({ is_zero: true, reward_variance: 0 });
  });
});

describe('checkpoint', () => {
  it.each(['loglinear', 'mlp'])('keeps a %s policy and its optimiser', async (kind) => {
    const policy = kind === 'mlp' ? MlpPolicy.random('c', 64) : new LogLinearPolicy(64);
    const optimiser = new Adam(policy.parameterCount, { learning_rate: 0.01 });
    optimiser.step(
      policy.parameters,
      Float32Array.from({ length: policy.parameterCount }, (_, i) => Math.sin(i)),
    );
    const bytes = checkpointBytes({ policy, optimiser });
    const read = readCheckpoint(bytes, 'x');
    expect(read.policy).toEqual(policy);
    expect(read.optimiser).toEqual(optimiser);
    expect(checkpointBytes(read)).toEqual(bytes);
  });

  it.each([
    { name: 'another file', spoil: (b: Uint8Array) => b.fill(0, 0, 4), fault: 'a policy checkpoint' },
    { name: 'a cut file', spoil: (b: Uint8Array) => b.subarray(0, b.length - 1), fault: 'expected: ' },
    { name: 'no header', spoil: (b: Uint8Array) => b.fill(120, 19, 25), fault: 'a line of JSON' },
  ])('complains about $name', ({ spoil, fault }) => {
    const policy = new LogLinearPolicy(16);
    const bytes = checkpointBytes({ policy, optimiser: new Adam(policy.parameterCount) });
    expect(() => readCheckpoint(spoil(bytes), 'data/policy.bin')).toThrow(fault);
  });
});
