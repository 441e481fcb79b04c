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
  /** Tests of the verifier that came out other than it says, on either tree. */
  wrong_tests: string[];
  test_runs: number;
}

/** `series` tells one publication's check from another: the same numbers are answered from the cache. */
export async function sweepOf(
  candidate: Candidate,
  grounds: Grounds,
  { sweep, series }: { sweep: number; series: number },
): Promise<Sweep> {
  const { task, key } = candidate;
  const repeat = series * 1000 + sweep;
  const broken = await coldRun(brokenFiles(candidate, grounds), candidate, grounds, repeat);
  const fixed = await coldRun(fixedFiles(candidate, grounds), candidate, grounds, repeat);
  const verifier = [...key.fail_to_pass, ...key.pass_to_pass];
  const failing = new Set(key.fail_to_pass);
  const [onBroken, onFixed] = [passedIn(broken), passedIn(fixed)];
  const wrongBroken = verifier.filter((id) => onBroken.has(id) === failing.has(id));
  const wrongFixed = verifier.filter((id) => !onFixed.has(id));
  return {
    task_id: task.task_id,
    repository_id: task.repository_id,
    sweep,
    gold_passes: flawOf(fixed) === null && wrongFixed.length === 0,
    bug_shows: flawOf(broken) === null && wrongBroken.length === 0,
    flaws: [flawOf(broken), flawOf(fixed)].flatMap((flaw, tree) =>
      flaw ? [`${tree === 0 ? 'bug' : 'fix'}: ${flaw}`] : [],
    ),
    wrong_tests: [...new Set([...wrongBroken, ...wrongFixed])].sort(),
    test_runs: 2 * verifier.length,
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
  /** Test runs that came out other than the verifier says. */
  wrong_runs: number;
  test_runs: number;
  /** Largest share of wrong runs that would show this few with 5 % chance. */
  rate_below: number;
}

export function flakeStatistics(sweeps: readonly Sweep[]): FlakeStatistics {
  const tasks = [...Map.groupBy(sweeps, (s) => s.task_id).values()];
  const isSound = (s: Sweep) => s.gold_passes && s.bug_shows;
  const wrong_runs = sweeps.reduce((sum, s) => sum + s.wrong_tests.length, 0);
  const test_runs = sweeps.reduce((sum, s) => sum + s.test_runs, 0);
  return {
    tasks: tasks.length,
    sweeps: Math.max(0, ...tasks.map((rows) => rows.length)),
    sound_tasks: tasks.filter((rows) => rows.every(isSound)).length,
    flaky_tasks: tasks.filter((rows) => rows.some(isSound) && !rows.every(isSound)).length,
    wrong_runs,
    test_runs,
    rate_below: test_runs === 0 ? 1 : upperBound(wrong_runs, test_runs),
  };
}

/** One-sided 95 % score bound of a share. */
function upperBound(wrong: number, runs: number): number {
  const z = 1.645;
  const share = wrong / runs;
  const spread = z * Math.sqrt((share * (1 - share)) / runs + (z * z) / (4 * runs * runs));
  return (share + (z * z) / (2 * runs) + spread) / (1 + (z * z) / runs);
}
