import { contentId } from '../../pipeline/hash.ts';
import { type Skill, Skills } from '../../schemas/skills.ts';
import type { AttemptRows } from './attempts.ts';
import { fill } from './fill.ts';
import { operators, type Planted } from './world.ts';

export const skillIdOf = (operator: string): string => contentId('skill', operator);

const modes = ['exhausted', 'wrong_operator', 'localise_line', 'localise_function', 'overfit'] as const;

/** A card for each of the first kinds of mistake; later rounds know more of them, and retire the oldest. */
export function cardsOf(round: number, tasks: readonly Planted[], rows: AttemptRows): Skill[] {
  const operatorOf = new Map(tasks.map(({ task, key }) => [task.task_id, key.operator]));
  const known = operators.slice(0, 3 + 2 * round);
  return known.map((operator, i) => {
    const traces = rows.traces.filter((trace) => operatorOf.get(trace.task_id ?? '') === operator);
    const failed = traces.filter((trace) => trace.outcome !== 'resolved');
    const rate = failed.length / Math.max(1, traces.length);
    const first_round = i < 5 ? 1 : Math.ceil((i - 2) / 2);
    const words = operator.replaceAll('_', ' ');
    const kind = (['anti_pattern', 'anti_pattern', 'strategy', 'remediation'] as const)[i % 4]!;
    return fill(Skills, {
      skill_id: skillIdOf(operator),
      name: `${operator} in an if condition: ${modes[i % modes.length]!.replaceAll('_', ' ')}`,
      description: `The Solver fails when ${words} is what broke the code: the faulty function is opened, but no edit touches the faulty line (${failed.length} of its attempts).`,
      applicability: `Source with a site where ${words} can be planted, on lines that some test executes.`,
      operations: [
        'find a site that tests execute',
        `make a bug of family ${operator} there`,
        'keep it when a few tests notice',
      ],
      kind,
      operator,
      context: 'if_condition',
      failure_mode: modes[i % modes.length]!,
      evidence_trace_ids: failed.slice(0, 12).map((trace) => trace.trace_id),
      evidence_steps: failed.slice(0, 12).map((trace) => `${trace.trace_id}#3`),
      support: new Set(traces.map((trace) => trace.task_id)).size,
      attempt_count: traces.length,
      failure_rate: rate,
      lift: 0.8 + rate,
      lift_low: 0.6 + 0.8 * rate,
      lift_high: 1 + 1.3 * rate,
      z: 2.2 + rate,
      coverage: Math.min(1, failed.length / Math.max(1, rows.traces.length)),
      lineage: first_round === round ? 'new' : round > 1 && i === 0 ? 'retired' : 'carried',
      first_round: Math.max(1, first_round),
      author: 'miner',
    });
  });
}
