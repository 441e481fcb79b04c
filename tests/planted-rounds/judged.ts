import { seededRandom } from '../../pipeline/random.ts';
import { select } from '../../pipeline/selection/select.ts';
import { type Score, Scores, type Selection, Selections, type Sketch, Sketches } from '../../schemas/scores.ts';
import { gateNames, type Verdict, Verdicts } from '../../schemas/verdicts.ts';
import { fill } from './fill.ts';
import type { Planted } from './world.ts';

const refusals: Record<(typeof gateNames)[number], string[]> = {
  format: ['no_failing_test', 'syntax_error'],
  grounding: ['unknown_function'],
  execution: ['labels_differ', 'unstable_test', 'timeout'],
  semantics: ['statement_leaks_fix', 'too_many_failures'],
};
const shares = { format: 0.14, grounding: 0.05, execution: 0.16, semantics: 0.08 };

/** Verdicts of one candidate: gates in order, none after a refusal. */
export function verdictsOf({ task }: Planted): Verdict[] {
  const random = seededRandom(`verdict/${task.task_id}`);
  const verdicts: Verdict[] = [];
  for (const [i, gate] of gateNames.entries()) {
    const passed = random() > shares[gate];
    const codes = refusals[gate];
    const reason_code = passed ? 'passed' : codes[Math.floor(random() ** 2 * codes.length)]!;
    verdicts.push(
      fill(Verdicts, {
        task_id: task.task_id,
        gate,
        gate_index: i + 1,
        passed,
        reason_code,
        detail: passed ? '' : `the ${gate} gate says ${reason_code}`,
        run_count: i * 2,
        harness_id: 'planted',
        wall_ms: 5 + 900 * random() * i,
      }),
    );
    if (!passed) break;
  }
  return verdicts;
}

export function scoreOf({ task, difficulty }: Planted, verdicts: readonly Verdict[], round: number): Score {
  const refused = verdicts.find((v) => !v.passed);
  const zero = { task_id: task.task_id, reward: 0 };
  if (refused)
    return fill(Scores, {
      ...zero,
      gate: refused.gate,
      is_valid: false,
      zero_reason: `rejected: ${refused.reason_code}`,
    });
  const random = seededRandom(`score/${round}/${task.task_id}`);
  const pass_rate = Math.round(64 * Math.max(0, Math.min(1, 1 - difficulty + 0.3 * (random() - 0.6)))) / 64;
  const flat = pass_rate === 0 || pass_rate === 1;
  const cosine = flat
    ? null
    : Math.tanh(0.5 * Math.sqrt(pass_rate * (1 - pass_rate)) + 0.45 * (random() + random() - 1));
  return fill(Scores, {
    ...zero,
    gate: 'passed',
    is_valid: true,
    cosine,
    cosine_sketch: cosine,
    dot: cosine,
    pass_rate,
    hardness: 1 - pass_rate,
    uncertainty: pass_rate * (1 - pass_rate),
    variance: pass_rate * (1 - pass_rate),
    reward: cosine ?? 0,
    zero_reason: flat ? 'all rollouts agree' : null,
  });
}

/** The real selection over the made-up scores. */
export function selectionOf(planted: readonly Planted[], scores: readonly Score[], budget: number): Selection[] {
  const taskOf = new Map(planted.map(({ task }) => [task.task_id, task]));
  const candidates = scores
    .filter((s) => s.is_valid)
    .map((s) => ({ ...s, ...taskOf.get(s.task_id)!, pass_rate: s.pass_rate!, reward_variance: s.variance! }));
  return select(candidates, { policy: 'cos_unc', budget, seed: 'planted' })
    .filter((row) => row.rank !== null)
    .map((row) =>
      fill(Selections, {
        task_id: row.task_id,
        rank: row.rank!,
        policy: row.policy,
        value: row.score,
        bucket: `${row.skill_id ?? 'untargeted'} ${row.repository_id}`,
        reason: row.reason,
      }),
    );
}

/** Validation gradients around one direction. */
export function sketchesOf(tasks: readonly Planted[], policy_id: string): Sketch[] {
  return tasks.map(({ task }) => {
    const random = seededRandom(`sketch/${policy_id}/${task.task_id}`);
    const sketch = Array.from({ length: 64 }, (_, i) => Math.fround((i < 8 ? 0.5 : 0) + 1.6 * (random() - 0.5)));
    return fill(Sketches, {
      task_id: task.task_id,
      policy_id,
      projector_id: 'tps/1/7/64/4',
      split: 'validation',
      loss: 'gdpo',
      dimension: 4096,
      k: 64,
      s: 4,
      rollout_count: 64,
      norm2: 1,
      sketch,
    });
  });
}
