import { count, defineTable, id, json, oneOf, optional, type Row, real, text } from './table.ts';

export const Policies = defineTable('policies', {
  doc: 'A checkpoint of the Solver.',
  key: ['policy_id'],
  columns: {
    policy_id: id('Hash of the parameters.'),
    parent_id: optional(text('Checkpoint it was trained from.')),
    kind: oneOf(['loglinear', 'mlp'], 'Form of the policy.'),
    parameter_count: count('Parameters.'),
    parameters_sha256: text('Digest of the serialised checkpoint, optimiser state included.'),
    location: text('Object that holds it.'),
    trainer: text('How it was made: warm_start, gdpo, grpo.'),
    seed: text('Seed of the training run.'),
    trained_on: json('Task ids of the curriculum.'),
    settings: json('Steps, batch, group, learning rate and the rest.'),
    step_count: count('Optimiser steps of this round.'),
    mean_reward: real('Mean r_S over the last five steps.'),
  },
});
export type PolicyRow = Row<typeof Policies>;

export const Evaluations = defineTable('evaluations', {
  doc: 'How a checkpoint does on a task it was never trained on.',
  key: ['policy_id', 'task_id'],
  columns: {
    policy_id: id('Checkpoint.'),
    task_id: id('Task.'),
    repository_id: id('Repository of the task.'),
    split: oneOf(['validation', 'held_out'], 'Which set the task belongs to.'),
    attempt_count: count('Attempts.'),
    solved_count: count('Attempts that fully repaired.'),
    mean_steps: real('Mean number of actions.'),
  },
});
export type Evaluation = Row<typeof Evaluations>;
