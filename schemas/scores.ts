import { count, defineTable, duration, flag, floats, id, oneOf, optional, type Row, real, text } from './table.ts';

export const Sketches = defineTable('sketches', {
  doc: "Projection of one task's policy gradient at one checkpoint. Rows of different checkpoint or projector never mix.",
  key: ['task_id', 'policy_id', 'projector_id'],
  columns: {
    task_id: id('Task.'),
    policy_id: id('Checkpoint the gradient belongs to.'),
    projector_id: id('Algorithm, version, seed, k and s in one word.'),
    split: oneOf(['candidate', 'validation'], 'Candidate task, or trusted validation task.'),
    loss: text('Loss the gradient is of: gdpo or grpo.'),
    dimension: count('Length of the gradient.'),
    k: count('Length of the sketch.'),
    s: count('Non-zeros per coordinate.'),
    rollout_count: count('Rollouts behind the gradient.'),
    pass_rate: real('Share of rollouts that fully repaired.'),
    partial_rate: real('Mean share of fail_to_pass repaired.'),
    reward_variance: real('Variance of r_S over the rollouts.'),
    norm2: real('Exact squared norm of the gradient before normalisation.'),
    dot_reference: optional(real('Exact dot of the unit gradient with the mean validation gradient.')),
    zero_reason: optional(text('Why there is no gradient: all rollouts agree, or the task could not be attempted.')),
    sketch: floats('k floats of the unit gradient; zeros where there is none.'),
    wall_ms: duration('Time of gradient and projection.'),
  },
});
export type Sketch = Row<typeof Sketches>;

export const Scores = defineTable('scores', {
  doc: 'Training value of one candidate for the current Solver.',
  key: ['task_id'],
  columns: {
    task_id: id('Candidate.'),
    gate: oneOf(['format', 'grounding', 'execution', 'semantics', 'passed'], 'First gate that refused it, or passed.'),
    is_valid: flag('All four gates passed.'),
    cosine: optional(real('Exact cosine to the mean validation gradient; null when there is no gradient.')),
    cosine_sketch: optional(real('The same from the sketches.')),
    dot: optional(real('Gradient length times cosine.')),
    pass_rate: optional(real('p: share of rollouts that fully repaired.')),
    hardness: optional(real('1 - p.')),
    uncertainty: optional(real('p (1 - p).')),
    variance: optional(real('Variance of r_S over the rollouts.')),
    reward: real('R_G = is_valid times cosine; 0 for a rejected task or one without a gradient.'),
    zero_reason: optional(text('Why the reward is 0.')),
  },
});
export type Score = Row<typeof Scores>;

export const Selections = defineTable('selections', {
  doc: 'The training set of a round, ranked.',
  key: ['task_id'],
  columns: {
    task_id: id('Task.'),
    rank: count('1 is best.'),
    policy: text('Selection policy.'),
    value: real('What the policy ranked by.'),
    bucket: text('Quota bucket: skill and repository.'),
    reason: text('Why it is in.'),
  },
});
export type Selection = Row<typeof Selections>;
