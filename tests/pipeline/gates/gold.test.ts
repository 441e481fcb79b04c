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
const wrongIn = ({ runs }: Sweep): string => runs.flatMap((run) => run.wrong_tests).join();

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
    expect(rows[0]).toMatchObject({ flaws: [], is_told: true, runs: [{ wrong_tests: [] }, { wrong_tests: [] }] });
    const test_runs = 6 * (fair.key.fail_to_pass.length + fair.key.pass_to_pass.length);
    const sound = { sweeps: 3, flaky_tasks: 0, untold: 0, wrong_runs: 0 };
    expect(flakeStatistics(rows)).toMatchObject({ ...sound, tasks: 1, sound_tasks: 1, test_runs });
    const bug = editIn(python.sources, 'tally/wording.py', 'count == 1', 'count == 3');
    const other = await sweeps(await candidateOf(world, python, bug));
    const both = flakeStatistics([...rows, ...other]);
    // both are repaired to the same tree: its three runs count once
    expect(both).toMatchObject({ ...sound, tasks: 2, sound_tasks: 2, test_runs: 1.5 * test_runs });
  }, 120_000);

  it('that the infrastructure broke is neither sound nor flaky', async () => {
    const [sound] = await sweeps(fair, 1);
    const broken = { ...sound!, sweep: 2, gold_passes: false, is_told: false };
    const found = flakeStatistics([sound!, broken]);
    expect(found).toMatchObject({ tasks: 1, sound_tasks: 0, flaky_tasks: 0, untold: 1, wrong_runs: 0 });
    expect(found.test_runs).toBe(flakeStatistics([sound!]).test_runs);
  }, 60_000);

  it('with tests that flip is told apart, with how often they did', async () => {
    const bug = editIn(python.sources, 'tally/wording.py', 'while start > 0', 'while start > 1');
    const [first, ...rest] = await sweeps(await candidateOf(world, python, bug));
    expect(rest.some((row) => wrongIn(row) !== wrongIn(first!))).toBe(true);
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
      expect(row).toMatchObject({
        gold_passes: true,
        bug_shows: false,
        runs: [{ wrong_tests: [kept] }, { wrong_tests: [] }],
      });
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
