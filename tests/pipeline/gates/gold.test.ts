import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Candidate } from '../../../pipeline/gates/gate.ts';
import { flakeStatistics, type Sweep, sweepOf } from '../../../pipeline/gates/gold.ts';
import { judge } from '../../../pipeline/gates/index.ts';
import { CachedHarness, NotStored } from '../../../pipeline/harness/harness.ts';
import { SessionPool } from '../../../pipeline/harness/pool.ts';
import type { Ground } from '../../../pipeline/tasks/ground.ts';
import { editIn, groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';
import { candidateOf, change, groundsOf, plantMisbehaving } from './planted.ts';

const missing = await missingSandbox();

describe.skipIf(missing !== null)('a published task', () => {
  let world: TinyWorld;
  let python: Ground;
  let fair: Candidate;
  const sweeps = async (candidate: Candidate, count = 3): Promise<Sweep[]> => {
    const rows: Sweep[] = [];
    for (let sweep = 1; sweep <= count; sweep++)
      rows.push(await sweepOf(candidate, groundsOf(world, python), { sweep, series: 1 }));
    return rows;
  };

  beforeAll(async () => {
    world = await openTiny({ plant: plantMisbehaving });
    python = await groundOf(world, 'python');
    fair = await candidateOf(world, python, editIn(python.sources, 'tally/wording.py', 'count == 1', 'count == 2'));
  }, 60_000);
  afterAll(() => world?.close());

  it('holds in three sweeps of fresh processes', async () => {
    const rows = await sweeps(fair);
    expect(rows.every((row) => row.gold_passes && row.bug_shows)).toBe(true);
    const runs = 2 * (fair.key.fail_to_pass.length + fair.key.pass_to_pass.length);
    expect(rows[0]).toMatchObject({ wrong_tests: [], flaws: [], test_runs: runs });
    expect(flakeStatistics(rows)).toMatchObject({ tasks: 1, sweeps: 3, sound_tasks: 1, flaky_tasks: 0, wrong_runs: 0 });
  }, 60_000);

  it('with tests that flip is told apart, with how often they did', async () => {
    const bug = editIn(python.sources, 'tally/wording.py', 'while start > 0', 'while start > 1');
    const [first, ...rest] = await sweeps(await candidateOf(world, python, bug));
    expect(rest.some((row) => row.wrong_tests.join() !== first!.wrong_tests.join())).toBe(true);
    const found = flakeStatistics([first!, ...rest]);
    expect(found.sound_tasks).toBe(0);
    expect(found.wrong_runs).toBeGreaterThan(0);
    expect(found.rate_below).toBeGreaterThan(found.wrong_runs / found.test_runs);
    expect(first!.gold_passes).toBe(true);
  }, 60_000);

  it('whose labels lie shows it in every sweep', async () => {
    const [kept] = fair.key.pass_to_pass;
    const over = { fail_to_pass: [...fair.key.fail_to_pass, kept!], pass_to_pass: fair.key.pass_to_pass.slice(1) };
    for (const row of await sweeps(change(fair, over)))
      expect(row).toMatchObject({ gold_passes: true, bug_shows: false, wrong_tests: [kept] });
  }, 60_000);

  it('is judged again from what is stored, and nothing is run for it', async () => {
    const grounds = groundsOf(world, python);
    const before = await judge(fair, grounds, () => 0);
    const identities = { python: world.runners[0]!.id, javascript: world.runners[1]!.id };
    const { library, cache } = world;
    const stored = new CachedHarness({
      library,
      cache,
      identities,
      pool: new SessionPool([], 1),
      stored_only: true,
    });
    const again = await judge(fair, { ...grounds, harness: stored }, () => 0);
    expect(again).toEqual(before.map((verdict) => ({ ...verdict, harness_id: stored.id })));
    const other = { ...grounds, harness: stored, settings: { ...grounds.settings, reruns: 9 } };
    await expect(judge(fair, other, () => 0)).rejects.toThrow(NotStored);
  });
});

it('flake statistics of nothing claim nothing', () => {
  expect(flakeStatistics([])).toMatchObject({ tasks: 0, sweeps: 0, sound_tasks: 0, rate_below: 1 });
});
