import { contentId } from '../hash.ts';
import type { SuiteRun } from '../ports.ts';
import type { Candidate, Grounds } from './gate.ts';
import { brokenFiles, editsTo, fixedFiles, flawOf, passedIn } from './trees.ts';

/** What one sweep over a published task came to: both trees, whole suite, in fresh processes. */
export interface Sweep {
  task_id: string;
  repository_id: string;
  sweep: number;
  /** The fix patch makes every test of the verifier pass. */
  gold_passes: boolean;
  /** Without it exactly fail_to_pass fails. */
  bug_shows: boolean;
  /** Runs that did not complete, with how. */
  flaws: string[];
  /** False when the infrastructure broke a run: then nothing is known of the task. */
  is_told: boolean;
  /** On the broken tree, on the repaired one. */
  runs: [TreeRun, TreeRun];
}

interface TreeRun {
  /** Tasks of a repository are repaired to one tree, which runs once a sweep for all of them. */
  run_id: string;
  test_count: number;
  /** Tests of the verifier that came out other than it says. */
  wrong_tests: string[];
}

/** `series` tells one publication's check from another: the same numbers are answered from the cache. */
export async function sweepOf(
  candidate: Candidate,
  grounds: Grounds,
  { sweep, series }: { sweep: number; series: number },
): Promise<Sweep> {
  const { task, key } = candidate;
  const repeat = series * 1000 + sweep;
  const trees = [brokenFiles(candidate, grounds), fixedFiles(candidate, grounds)] as const;
  const broken = await coldRun(trees[0], candidate, grounds, repeat);
  const fixed = await coldRun(trees[1], candidate, grounds, repeat);
  const verifier = [...key.fail_to_pass, ...key.pass_to_pass];
  const failing = new Set(key.fail_to_pass);
  const [onBroken, onFixed] = [passedIn(broken), passedIn(fixed)];
  const wrongBroken = verifier.filter((id) => onBroken.has(id) === failing.has(id));
  const wrongFixed = verifier.filter((id) => !onFixed.has(id));
  const flaws = [flawOf(broken), flawOf(fixed)];
  const runOf = (files: ReadonlyMap<string, string>, wrong: string[]): TreeRun => ({
    run_id: contentId('run', [task.repository_id, repeat, editsTo(files, grounds.sources)]),
    test_count: verifier.length,
    wrong_tests: wrong.sort(),
  });
  return {
    task_id: task.task_id,
    repository_id: task.repository_id,
    sweep,
    gold_passes: flaws[1] === null && wrongFixed.length === 0,
    bug_shows: flaws[0] === null && wrongBroken.length === 0,
    flaws: flaws.flatMap((flaw, tree) => (flaw ? [`${tree === 0 ? 'bug' : 'fix'}: ${flaw}`] : [])),
    is_told: !flaws.includes('infrastructure_error'),
    runs: [runOf(trees[0], wrongBroken), runOf(trees[1], wrongFixed)],
  };
}

const coldRun = (
  files: ReadonlyMap<string, string>,
  { task }: Candidate,
  { harness, sources, baseline_tests, settings }: Grounds,
  repeat: number,
): Promise<SuiteRun> =>
  harness.cold(task.repository_id, {
    edits: editsTo(files, sources),
    tests: [...baseline_tests],
    wall_ms: 4 * settings.suite_wall_ms,
    repeat,
  });

export interface FlakeStatistics {
  tasks: number;
  sweeps: number;
  /** Tasks whose fix passes, and whose bug shows, in every sweep. */
  sound_tasks: number;
  /** Tasks that came out differently between sweeps. */
  flaky_tasks: number;
  /** Sweeps over a task that the infrastructure broke; no other figure but `tasks` counts them. */
  untold: number;
  /** Test runs that came out other than the verifier says. A run that several tasks rest on counts once. */
  wrong_runs: number;
  test_runs: number;
  /** Largest share of wrong runs that would show this few with 5 % chance. */
  rate_below: number;
}

export function flakeStatistics(sweeps: readonly Sweep[]): FlakeStatistics {
  const tasks = [...Map.groupBy(sweeps, (s) => s.task_id).values()];
  const isSound = (s: Sweep) => s.is_told && s.gold_passes && s.bug_shows;
  const told = sweeps.filter((s) => s.is_told);
  const runs = [
    ...Map.groupBy(
      told.flatMap((s) => s.runs),
      (run) => run.run_id,
    ).values(),
  ];
  const wrong_runs = sum(runs.map((same) => new Set(same.flatMap((run) => run.wrong_tests)).size));
  const test_runs = sum(runs.map((same) => Math.max(...same.map((run) => run.test_count))));
  return {
    tasks: tasks.length,
    sweeps: Math.max(0, ...tasks.map((rows) => rows.length)),
    sound_tasks: tasks.filter((rows) => rows.every(isSound)).length,
    flaky_tasks: tasks.filter((rows) => rows.some(isSound) && rows.some((s) => s.is_told && !isSound(s))).length,
    untold: sweeps.length - told.length,
    wrong_runs,
    test_runs,
    rate_below: test_runs === 0 ? 1 : upperBound(wrong_runs, test_runs),
  };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** One-sided 95 % score bound of a share. */
function upperBound(wrong: number, runs: number): number {
  const z = 1.645;
  const share = wrong / runs;
  const spread = z * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs));
  return (share + (z * z) / (2 * runs) + spread) / (1 + (z * z) / runs);
}
