import { count, defineTable, duration, flag, id, json, oneOf, type Row, text } from './table.ts';

export const gateNames = ['format', 'grounding', 'execution', 'semantics'] as const;
export type GateName = (typeof gateNames)[number];

export const Verdicts = defineTable('verdicts', {
  doc: 'What one gate said of one candidate. Gates run cheapest first and stop at the first refusal.',
  key: ['task_id', 'gate'],
  columns: {
    task_id: id('Candidate.'),
    gate: oneOf(gateNames, 'Gate.'),
    gate_index: count('1 to 4.'),
    passed: flag('Whether the candidate went through.'),
    reason_code: text('passed, or why not.'),
    detail: text('In words, with the place.'),
    run_count: count('Test runs the gate looked at.'),
    evidence: json('What was seen, and the ids of the executions it rests on.'),
    harness_id: text('Runner and sandbox that judged.'),
    wall_ms: duration('Time the gate took.'),
  },
});
export type Verdict = Row<typeof Verdicts>;
