import type { Verdict } from '../../schemas/verdicts.ts';
import type { Harness } from '../ports.ts';
import { execution } from './execution.ts';
import { format } from './format.ts';
import type { Candidate, Gate, Grounds } from './gate.ts';
import { grounding } from './grounding.ts';
import { semantics } from './semantics.ts';

/** Cheapest first; a candidate stops at the first refusal. */
export const gates: readonly Gate[] = [format, grounding, execution, semantics];

/** One row per gate that looked at the candidate. */
export async function judge(candidate: Candidate, grounds: Grounds, now: () => number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [index, gate] of gates.entries()) {
    const started = now();
    const runs = new Set<string>();
    const result = await gate.judge(candidate, { ...grounds, harness: noting(grounds.harness, runs) });
    verdicts.push({
      task_id: candidate.task.task_id,
      gate: gate.name,
      gate_index: index + 1,
      passed: result.passed,
      reason_code: result.reason_code,
      detail: result.detail.slice(0, 500),
      run_count: result.run_count,
      evidence: JSON.stringify(runs.size > 0 ? { ...result.evidence, executions: [...runs] } : result.evidence),
      harness_id: grounds.harness.id,
      wall_ms: now() - started,
    });
    if (!result.passed) break;
  }
  return verdicts;
}

/** The harness, with the ids of the suite runs it is asked for put into `runs`. */
const noting = (harness: Harness, runs: Set<string>): Harness => ({
  id: harness.id,
  executions: harness.executions,
  suite: (repository_id, request) => {
    runs.add(harness.executionOf(repository_id, request));
    return harness.suite(repository_id, request);
  },
  cold: (repository_id, request) => harness.cold(repository_id, request),
  probe: (repository_id, request) => harness.probe(repository_id, request),
  executionOf: (repository_id, request) => harness.executionOf(repository_id, request),
});
