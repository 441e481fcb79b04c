import { count, defineTable, id, listOf, oneOf, optional, type Row, text } from './table.ts';

const taskColumns = {
  task_id: id('Hash of the repository and the bug.'),
  repository_id: id('Repository.'),
  language: oneOf(['python', 'javascript', 'go'], 'Language.'),
  split: oneOf(['train', 'validation', 'held_out'], 'What it may be used for.'),
  skill_id: optional(text('Skill it drills; null for untargeted tasks.')),
  problem_statement: text('Symptoms of the failing tests; says nothing about the fix.'),
  test_command: text('How a user would run the failing tests.'),
  failing_tests: listOf(text('Test id.'), 'At most six of the failing tests, by id.'),
  broken_tree_digest: text('Digest of the tree the Solver starts from.'),
};

export const Tasks = defineTable('tasks', {
  doc: 'A candidate repair task: only what a Solver may see, and where it came from.',
  key: ['task_id'],
  columns: taskColumns,
});
export type Task = Row<typeof Tasks>;

export const TrustedTasks = defineTable('trusted_tasks', {
  doc: 'Tasks that nothing is ever trained on: validation (the target direction) and held-out (the score). No Generator reads them.',
  key: ['task_id'],
  columns: taskColumns,
});

const answerKeyColumns = {
  task_id: id('Task.'),
  bug_patch: text('Unified diff that makes the broken tree out of the pristine one.'),
  fix_patch: text('Unified diff that mends the broken tree.'),
  fail_to_pass: listOf(text('Test id.'), 'Tests that fail because of the bug, in order.'),
  pass_to_pass: listOf(text('Test id.'), 'Tests that pass before and after, in order.'),
  verifier_digest: text('Digest of the two lists and the harness.'),
  operator: text('Bug operator.'),
  operator_detail: text('Variant of the operator.'),
  context: text('Syntax kind of the edited node.'),
  path: text('Edited file.'),
  line: count('Line of the edit in the broken tree.'),
  symbol: text('Function that holds the edit.'),
  bug_start: count('Start of the edit in the pristine text, UTF-16 units.'),
  bug_end: count('End of the edit in the pristine text.'),
  bug_text: text('Text the bug puts there.'),
  canary: text('Random word: it must never show up in anything a Solver reads.'),
};

export const AnswerKeys = defineTable('answer_keys', {
  doc: 'What no Solver may see: the bug, its fix and the verification signal. Kept under its own prefix.',
  key: ['task_id'],
  is_sealed: true,
  columns: answerKeyColumns,
});
export type AnswerKey = Row<typeof AnswerKeys>;

export const TrustedAnswerKeys = defineTable('trusted_answer_keys', {
  doc: 'Answer keys of the trusted tasks.',
  key: ['task_id'],
  is_sealed: true,
  columns: answerKeyColumns,
});
