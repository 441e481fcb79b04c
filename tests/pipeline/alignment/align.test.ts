import { describe, expect, it } from 'vitest';
import {
  type AlignmentSettings,
  alignTasks,
  directionOf,
  projectorId,
  sketchRow,
} from '../../../pipeline/alignment/align.ts';
import type { Challenge } from '../../../pipeline/arena/arena.ts';
import { denseGradient } from '../../../pipeline/solver/gradient.ts';
import { OutcomeTable } from '../../../pipeline/solver/outcomes.ts';
import { LogLinearPolicy } from '../../../pipeline/solver/policy.ts';
import type { EditOutcome } from '../../../pipeline/solver/types.ts';
import { Sketches } from '../../../schemas/scores.ts';
import type { Task } from '../../../schemas/tasks.ts';
import { executeIn, makeWorld, outcome, type WorldTask } from '../solver/world.ts';

const buckets = 1024;
const settings: AlignmentSettings = {
  policy: new LogLinearPolicy(buckets),
  policy_id: 'policy_0',
  rollouts: 32,
  loss: 'gdpo',
  k: 1024,
  s: 4,
  sketch_seed: 7,
  now: () => 0,
};

/** A made-up task as the arena would open it. */
const challengeOf = (task: WorldTask): Challenge =>
  ({
    task: { task_id: task.task_id },
    prepared: { space: task.space },
    outcomes: new OutcomeTable(task.space.size),
    execute: executeIn(task),
  }) as unknown as Challenge;
const allAlike = (task: WorldTask, only: EditOutcome): WorldTask => ({
  ...task,
  truth: task.truth.map((row) => row && only),
});

const worldOf = (seed: string, tasks: number) => makeWorld({ seed, tasks, buckets, functions: 2, edits: 8 });
const align = (tasks: readonly WorldTask[], over: Partial<AlignmentSettings> = {}) => {
  let ticks = 0;
  const rows = tasks.map((t) => ({ task_id: t.task_id }) as Task);
  return alignTasks(rows, tasks.map(challengeOf), { ...settings, ...over }, () => ticks++).then((aligned) => {
    expect(ticks).toBe(tasks.length);
    return aligned;
  });
};

const norm = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0));
const product = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);

describe('alignTasks', () => {
  it('gives each task with a gradient its unit vector, in the order of the tasks', async () => {
    const tasks = worldOf('a', 8);
    const aligned = await align(tasks);
    expect(aligned.map((a) => a.task_id)).toEqual(tasks.map((t) => t.task_id));
    const made = aligned.filter((a) => a.unit);
    expect(made.length).toBeGreaterThan(4);
    for (const { unit, norm2, zero_reason, pass_rate, sketch } of made) {
      expect(norm(unit!.values)).toBeCloseTo(1, 5);
      expect(norm2).toBeGreaterThan(0);
      expect(zero_reason).toBeNull();
      expect(pass_rate).toBeGreaterThanOrEqual(0);
      expect(sketch).toHaveLength(1024);
    }
  });

  it('is the same again, whatever else is aligned beside it', async () => {
    const [first, ...others] = worldOf('a', 6);
    const [alone] = await align([first!]);
    const among = (await align([...others, first!])).at(-1);
    expect(among).toEqual(alone);
  });

  it.each<[string, EditOutcome, string, number]>([
    ['nothing helps', outcome('same'), 'no rollout repaired any of it', 0],
    ['everything repairs', outcome('fixed', { full: true }), 'every rollout repaired it', 1],
    [
      'everything repairs half',
      outcome('partial', { fail_to_pass_fraction: 0.5, visible_ok: true }),
      'all rollouts earned the same',
      0,
    ],
  ])('has no gradient where %s, and says why', async (_, only, reason, pass_rate) => {
    const [aligned] = await align([allAlike(worldOf('b', 1)[0]!, only)]);
    expect(aligned).toMatchObject({ unit: null, norm2: 0, zero_reason: reason, pass_rate });
    expect(norm(aligned!.sketch)).toBe(0);
  });

  it('keeps a row of a task that cannot be attempted', async () => {
    const [aligned] = await alignTasks([{ task_id: 't' } as Task], [null], settings, () => {});
    expect(aligned).toMatchObject({ task_id: 't', unit: null, zero_reason: 'its failing test does not fail here' });
  });
});

describe('directionOf', () => {
  it('is the mean of the unit gradients: the cosine as by hand, and nearly so from the sketches', async () => {
    const trusted = await align(worldOf('v', 12), { k: 4096 });
    const candidates = await align(worldOf('c', 8), { k: 4096 });
    const direction = directionOf(trusted, { ...settings, k: 4096 });
    const dense = trusted.flatMap(({ unit }) => (unit ? [denseGradient(unit)] : []));
    const mean = Float64Array.from({ length: buckets + 64 }, (_, i) =>
      dense.reduce((sum, v) => sum + v[i]! / trusted.length, 0),
    );
    for (const candidate of candidates.filter((c) => c.unit)) {
      const own = denseGradient(candidate.unit!);
      expect(direction.dot(candidate)).toBeCloseTo(product(own, mean), 6);
      expect(direction.cosine(candidate)).toBeCloseTo(product(own, mean) / norm(own) / norm(mean), 6);
      expect(Math.abs(direction.sketchCosine(candidate)! - direction.cosine(candidate)!)).toBeLessThan(
        6 / Math.sqrt(4096),
      );
    }
  });

  it('a task is fully aligned with itself', async () => {
    const [one] = await align(worldOf('v', 1), { rollouts: 64 });
    const direction = directionOf([one!], settings);
    expect(direction.cosine(one!)).toBeCloseTo(1, 5);
    expect(direction.sketchCosine(one!)).toBeCloseTo(1, 5);
  });

  it('tasks without a gradient shorten the mean, and do not turn it', async () => {
    const trusted = await align(worldOf('v', 6));
    const [zero] = await align([allAlike(worldOf('b', 1)[0]!, outcome('same'))]);
    const [candidate] = (await align(worldOf('c', 4))).filter((c) => c.unit);
    const [without, withZeros] = [
      directionOf(trusted, settings),
      directionOf([...trusted, ...Array.from({ length: 6 }, () => zero!)], settings),
    ];
    expect(withZeros.cosine(candidate!)).toBeCloseTo(without.cosine(candidate!)!, 6);
    expect(withZeros.dot(candidate!)).toBeCloseTo(without.dot(candidate!)! / 2, 6);
  });

  it('knows no cosine where there is no gradient or no direction: null, never NaN', async () => {
    const [zero] = await align([allAlike(worldOf('b', 1)[0]!, outcome('same'))]);
    const [candidate] = (await align(worldOf('c', 4))).filter((c) => c.unit);
    const nowhere = directionOf([zero!], settings);
    for (const direction of [nowhere, directionOf([], settings)])
      expect([direction.cosine(candidate!), direction.dot(candidate!), direction.sketchCosine(candidate!)]).toEqual([
        null,
        null,
        null,
      ]);
    const somewhere = directionOf(await align(worldOf('v', 4)), settings);
    expect([somewhere.cosine(zero!), somewhere.dot(zero!), somewhere.sketchCosine(zero!)]).toEqual([null, null, null]);
  });
});

describe('sketchRow', () => {
  it('is a row of its table that names checkpoint and projector', async () => {
    const aligned = await align(worldOf('v', 2));
    const direction = directionOf(aligned, settings);
    for (const one of aligned) {
      const row = sketchRow(one, 'validation', direction, settings);
      expect(Sketches.row.safeParse(row).error).toBeUndefined();
      expect(row).toMatchObject({
        policy_id: 'policy_0',
        projector_id: 'tps-sjlt/1 k=1024 s=4 seed=7',
        dimension: buckets + 64,
        rollout_count: 32,
      });
    }
    const ids = [{ k: 8 }, { s: 8 }, { sketch_seed: 8 }].map((over) => projectorId({ ...settings, ...over }));
    expect(new Set([...ids, projectorId(settings)]).size).toBe(4);
  });
});
