import { count, defineTable, id, listOf, oneOf, optional, type Row, real, text } from './table.ts';

export const Skills = defineTable('skills', {
  doc: 'Skill cards of the Agent Skill Registry as they stand in a round.',
  key: ['skill_id'],
  columns: {
    skill_id: id('Hash of the predicate; the same weakness keeps its id over rounds.'),
    name: text('Short name.'),
    description: text('The weakness or strategy, with its figures.'),
    applicability: text('When it holds.'),
    operations: listOf(text('One operation.'), 'What to do, in order.'),
    kind: oneOf(
      ['strategy', 'anti_pattern', 'remediation', 'generator'],
      'Successes give strategies, failures anti-patterns, partials remediations.',
    ),
    operator: text('Edit family the card is about.'),
    context: text('Syntax around the edit.'),
    qualifier: optional(text('Exception type, repository, file or symbol word that narrows it, as key=value.')),
    failure_mode: text('Dominant failure mode of its episodes.'),
    evidence_trace_ids: listOf(text('Trace id.'), 'Traces it was mined from, at most 12.'),
    evidence_steps: listOf(text('trace_id#step_id.'), 'Steps that show it, at most 12.'),
    support: count('Tasks behind it.'),
    attempt_count: count('Traces behind it.'),
    failure_rate: real('Share of its traces that failed.'),
    lift: real('failure_rate over that of all traces.'),
    lift_low: real('Lower end of the 95 % interval of the lift (Wilson on the rate, over the base rate).'),
    lift_high: real('Upper end.'),
    z: real('(rate - base) / sqrt(base (1 - base) / n).'),
    coverage: real('Share of all failed tasks it covers.'),
    lineage: oneOf(['new', 'carried', 'merged', 'retired'], 'What became of it in this round.'),
    merged_into: optional(text('Skill that absorbed it.')),
    first_round: count('Round it first appeared in.'),
    author: text('miner, or the id of the model that wrote the prose.'),
  },
});
export type Skill = Row<typeof Skills>;
