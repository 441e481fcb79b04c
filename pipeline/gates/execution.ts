import type { SuiteRun } from '../ports.ts';
import { seededRandom, shuffled } from '../random.ts';
import { type Candidate, type Gate, type GateResult, type Grounds, pass, refuse } from './gate.ts';
import { brokenFiles, editsTo, flawOf, passedIn } from './trees.ts';

/**
 * Gate 3: the verifier runs without infrastructure error and is stable. The whole suite runs on the broken tree
 * `reruns` times in shuffled order; every test must come out the same. Stops at the first disagreement.
 */
export const execution: Gate = { name: 'execution', judge };

async function judge(candidate: Candidate, grounds: Grounds): Promise<GateResult> {
  let first: Set<string> | undefined;
  for (let repeat = 0; repeat < grounds.settings.reruns; repeat++) {
    const run = await brokenRun(candidate, grounds, repeat);
    const flaw = flawOf(run);
    if (flaw) return refuse(flaw, run.detail ?? '', { repeat }, repeat + 1);
    const passed = passedIn(run);
    first ??= passed;
    const unstable = differing(first, passed);
    if (unstable.length > 0) return refuse('unstable_test', unstable.slice(0, 5).join(', '), { unstable }, repeat + 1);
  }
  return pass({ passed_count: first!.size }, grounds.settings.reruns);
}

/** Run `repeat` of the whole suite on the broken tree; run 0 keeps the order of collection. */
export function brokenRun(candidate: Candidate, grounds: Grounds, repeat: number): Promise<SuiteRun> {
  const { harness, baseline_tests, sources, settings } = grounds;
  const random = seededRandom(`${settings.seed}/order/${candidate.task.task_id}/${repeat}`);
  return harness.suite(candidate.task.repository_id, {
    edits: editsTo(brokenFiles(candidate, grounds), sources),
    tests: repeat === 0 ? [...baseline_tests] : shuffled(baseline_tests, random),
    wall_ms: settings.suite_wall_ms,
    repeat,
  });
}

function differing(a: ReadonlySet<string>, b: ReadonlySet<string>): string[] {
  return [...[...a].filter((id) => !b.has(id)), ...[...b].filter((id) => !a.has(id))].sort();
}
