import type { Verdict } from '../../schemas/verdicts.ts';
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
    const result = await gate.judge(candidate, grounds);
    verdicts.push({
      task_id: candidate.task.task_id,
      gate: gate.name,
      gate_index: index + 1,
      passed: result.passed,
      reason_code: result.reason_code,
      detail: result.detail.slice(0, 500),
      run_count: result.run_count,
      evidence: JSON.stringify(result.evidence),
      harness_id: grounds.harness.id,
      wall_ms: now() - started,
    });
    if (!result.passed) break;
  }
  return verdicts;
}
