import type { SuiteRun } from '../ports.ts';
import { seededRandom, shuffled } from '../random.ts';
import { type Candidate, type Gate, type GateResult, type Grounds, pass, refuse } from './gate.ts';
import { brokenFiles, editsTo, flawOf, passedIn } from './trees.ts';

/**
 * Gate 3: the verifier runs without infrastructure error and is stable. The whole suite runs on the broken tree once,
 * then what the bug can touch in shuffled order, `reruns` runs in all; every test must come out the same. Stops at
 * the first disagreement.
 */
export const execution: Gate = { name: 'execution', judge };

async function judge(candidate: Candidate, grounds: Grounds): Promise<GateResult> {
  if (grounds.isTryable && !(await grounds.isTryable(candidate.key))) return refuse('cold_only', candidate.key.symbol);
  let first: Set<string> | undefined;
  for (let repeat = 0; repeat < grounds.settings.reruns; repeat++) {
    const run = await brokenRun(candidate, grounds, repeat);
    const flaw = flawOf(run);
    if (flaw) return refuse(flaw, run.detail ?? '', { repeat }, repeat + 1);
    const passed = passedIn(run);
    first ??= passed;
    const asked = testsOfRun(candidate, grounds, repeat);
    const unstable = asked.filter((id) => first!.has(id) !== passed.has(id)).sort();
    if (unstable.length > 0) return refuse('unstable_test', unstable.slice(0, 5).join(', '), { unstable }, repeat + 1);
  }
  return pass({ passed_count: first!.size }, grounds.settings.reruns);
}

/** Run `repeat` on the broken tree; run 0 is the whole suite in order of collection. */
export function brokenRun(candidate: Candidate, grounds: Grounds, repeat: number): Promise<SuiteRun> {
  const { harness, sources, settings } = grounds;
  return harness.suite(candidate.task.repository_id, {
    edits: editsTo(brokenFiles(candidate, grounds), sources),
    tests: testsOfRun(candidate, grounds, repeat),
    wall_ms: settings.suite_wall_ms,
    repeat,
  });
}

function testsOfRun({ key, task }: Candidate, grounds: Grounds, repeat: number): string[] {
  const { baseline_tests, settings, affectedTests } = grounds;
  if (repeat === 0) return [...baseline_tests];
  const affected = affectedTests ? new Set([...affectedTests(key), ...key.fail_to_pass]) : null;
  const tests = affected ? baseline_tests.filter((id) => affected.has(id)) : baseline_tests;
  return shuffled(tests, seededRandom(`${settings.seed}/order/${task.task_id}/${repeat}`));
}
