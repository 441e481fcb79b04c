import { count, defineTable, duration, flag, id, json, oneOf, optional, real, text, whole, type Row } from './table.ts';

export const Traces = defineTable('traces', {
  doc: 'One attempt of an agent at a task. Field names follow ATIF 1.7; foreign traces and our own Solver share the table.',
  key: ['trace_id'],
  columns: {
    trace_id: id('Hash of the source record, or of (task, policy, attempt) for our own Solver.'),
    schema_version: text('Version of this table: socratic-trace/1.'),
    source_format: text('Format the trace was read from; socratic for our own Solver.'),
    source_format_version: optional(text('Version of that format.')),
    source_uri: text('File the trace came from; policy id for our own Solver.'),
    source_record: count('Number of the record inside the source.'),
    session_id: optional(text('Conversation id of the source.')),
    parent_trace_id: optional(text('Trace this one continues or was started by.')),
    agent_name: optional(text('Agent.')),
    agent_version: optional(text('Version of the agent.')),
    model_name: optional(text('Model.')),
    policy_id: optional(text('Checkpoint that acted, when it is ours.')),
    task_id: optional(text('Task that was attempted.')),
    repository_id: optional(text('Repository of the task, when it is ours.')),
    repo: optional(text('Repository as the source names it.')),
    base_commit: optional(text('Commit the source names.')),
    language: optional(text('Language of the repository.')),
    attempt: optional(count('Number of the attempt at this task by this policy.')),
    exit_status: optional(text('How the source says it ended, raw.')),
    exit_class: oneOf(
      ['submitted', 'limit', 'timeout', 'format_error', 'env_error', 'agent_error', 'aborted', 'unknown'],
      'How it ended.',
    ),
    submission: optional(text('Patch that was submitted.')),
    prompt_tokens: optional(whole('Prompt tokens, cached ones included.')),
    completion_tokens: optional(whole('Completion tokens.')),
    cached_tokens: optional(whole('Cached prompt tokens.')),
    cost_usd: optional(real('Cost in US dollars.')),
    step_count: count('Steps.'),
    tool_call_count: count('Tool calls.'),
    outcome: oneOf(['resolved', 'partial', 'unresolved', 'unknown'], 'Verdict; submitted is not resolved, a missing verdict is unknown.'),
    reward: optional(real('r_S of METHOD.md 4 (weights .5, .3, .2).')),
    full_repair: optional(real('1 when all fail_to_pass and pass_to_pass tests pass.')),
    partial_repair: optional(real('Share of fail_to_pass that pass.')),
    preservation: optional(real('Share of pass_to_pass that still pass.')),
    failure_mode: optional(text('What went wrong, in the miner\'s words; engine knowledge, never shown to a Solver.')),
    problem_statement: optional(text('Task text the agent was given.')),
    extra: json('What else the source says.'),
    quality_flags: json('Notes of the reader: missing_outcome, orphan_result, redacted ...'),
  },
});
export type Trace = Row<typeof Traces>;

export const Steps = defineTable('steps', {
  doc: 'One turn of a trace.',
  key: ['trace_id', 'step_id'],
  columns: {
    trace_id: id('Trace.'),
    step_id: count('1, 2, … inside the trace.'),
    source: oneOf(['system', 'user', 'agent'], 'Who speaks.'),
    message: text('What was said or done, as text.'),
    reasoning_content: optional(text('Reasoning that the source keeps apart.')),
    error_kind: optional(text('format_error, api_error, condensed ...')),
    probability: optional(real('Probability the policy gave the action it took.')),
    entropy: optional(real('Entropy of the policy at this step, nats.')),
    prompt_tokens: optional(whole('Prompt tokens.')),
    completion_tokens: optional(whole('Completion tokens.')),
    is_copied_context: flag('Repeats an earlier trace: not for training.'),
    is_sidechain: flag('Belongs to a side conversation.'),
    extra: json('What else the source says.'),
  },
});
export type Step = Row<typeof Steps>;

export const ToolCalls = defineTable('tool_calls', {
  doc: 'One tool call with its result: the table that pattern mining reads.',
  key: ['trace_id', 'step_id', 'call_index'],
  columns: {
    trace_id: id('Trace.'),
    step_id: count('Step.'),
    call_index: count('0, 1, … inside the step.'),
    tool_call_id: optional(text('Id of the source.')),
    function_name: text('Tool: run_tests, search, open, edit, submit for our own Solver.'),
    arguments: json('Arguments.'),
    command: optional(text('Shell text, where there is one.')),
    result_content: optional(text('What came back.')),
    exit_code: optional(whole('Exit code of a command.')),
    is_error: optional(flag('The call failed, or the tests it ran did.')),
    wall_ms: duration('How long it took; 0 where unknown or answered from the cache of executions.'),
    extra: json('What else the source says; for an edit: operator, path, line, symbol, outcome class.'),
  },
});
export type ToolCall = Row<typeof ToolCalls>;

export const TestOutcomes = defineTable('test_outcomes', {
  doc: 'What the verifier saw for one test after a trace ended.',
  key: ['trace_id', 'test_id'],
  columns: {
    trace_id: id('Trace.'),
    test_id: text('Test.'),
    task_id: optional(text('Task.')),
    expectation: oneOf(['fail_to_pass', 'pass_to_pass', 'none'], 'What the answer key expects.'),
    status: oneOf(['passed', 'failed', 'error', 'skipped', 'timeout', 'missing'], 'What happened; missing is never a pass.'),
    source: text('Where the outcome came from.'),
  },
});
export type TestOutcome = Row<typeof TestOutcomes>;

export const IngestRejects = defineTable('ingest_rejects', {
  doc: 'A record that could not be read, and why.',
  key: ['source_uri', 'source_record'],
  columns: {
    source_uri: id('File.'),
    source_record: count('Number of the record inside the file.'),
    byte_offset: optional(whole('Where in the file.')),
    format_guess: optional(text('Closest format.')),
    error_code: text('Reason code.'),
    error_message: text('Reason in words.'),
    salvaged: count('Records saved from the same file.'),
  },
});
export type IngestReject = Row<typeof IngestRejects>;
