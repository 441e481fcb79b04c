import {
  count,
  defineTable,
  duration,
  flag,
  id,
  json,
  listOf,
  oneOf,
  optional,
  type Row,
  real,
  text,
  timestamp,
  whole,
} from './table.ts';

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
    source_sha256: optional(text('Digest of the source record as it was read, before redaction.')),
    record_count: count(
      'Source records folded into this trace: event files of one conversation, a chat and its result file.',
    ),
    session_id: optional(text('Conversation id of the source.')),
    trajectory_id: optional(text('Id the source gives the trajectory.')),
    parent_trace_id: optional(text('Trace this one continues or was started by.')),
    agent_name: optional(text('Agent.')),
    agent_version: optional(text('Version of the agent.')),
    model_name: optional(text('Model.')),
    provider_name: optional(text('Who served the model.')),
    policy_id: optional(text('Checkpoint that acted, when it is ours.')),
    task_id: optional(text('Task that was attempted.')),
    repository_id: optional(text('Repository of the task, when it is ours.')),
    repo: optional(text('Repository as the source names it.')),
    base_commit: optional(text('Commit the source names.')),
    language: optional(text('Language of the repository.')),
    attempt: optional(count('Number of the attempt at this task by this policy.')),
    run_id: optional(text('Run the attempt belongs to, as the source names it.')),
    started_at: optional(timestamp('First sign of life.')),
    ended_at: optional(timestamp('Last sign of life.')),
    exit_status: optional(text('How the source says it ended, raw.')),
    exit_class: oneOf(
      ['submitted', 'limit', 'timeout', 'format_error', 'env_error', 'agent_error', 'aborted', 'unknown'],
      'How it ended.',
    ),
    submission: optional(text('Patch that was submitted.')),
    edited_paths: listOf(text('Path.'), 'Files that the submission changes, sorted.'),
    prompt_tokens: optional(whole('Prompt tokens, cached ones included.')),
    completion_tokens: optional(whole('Completion tokens.')),
    cached_tokens: optional(whole('Cached prompt tokens.')),
    reasoning_tokens: optional(whole('Reasoning tokens, part of the completion tokens.')),
    cost_usd: optional(real('Cost in US dollars.')),
    api_calls: optional(count('Model calls, those included whose answer the source dropped.')),
    step_count: count('Steps.'),
    tool_call_count: count('Tool calls.'),
    outcome: oneOf(
      ['resolved', 'partial', 'unresolved', 'unknown'],
      'Verdict; submitted is not resolved, a missing verdict is unknown.',
    ),
    outcome_source: optional(text('What gave the verdict: swebench_report, final_report, reward, aider ...')),
    is_infra_failure: optional(flag('The evaluation itself failed.')),
    is_patch_applied: optional(flag('The submission applied.')),
    fail_to_pass_passed: optional(count('fail_to_pass tests that pass.')),
    fail_to_pass_failed: optional(count('fail_to_pass tests that do not.')),
    pass_to_pass_passed: optional(count('pass_to_pass tests that still pass.')),
    pass_to_pass_failed: optional(count('pass_to_pass tests that do not.')),
    reward: optional(real('r_S of METHOD.md 4 (weights .5, .3, .2).')),
    full_repair: optional(real('1 when all fail_to_pass and pass_to_pass tests pass.')),
    partial_repair: optional(real('Share of fail_to_pass that pass.')),
    preservation: optional(real('Share of pass_to_pass that still pass.')),
    failure_mode: optional(text("What went wrong, in the miner's words; engine knowledge, never shown to a Solver.")),
    problem_statement: optional(text('Task text the agent was given.')),
    tool_definitions: optional(json('Tools the agent was offered.')),
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
    role_raw: optional(text('Role as the source names it.')),
    agent_role: optional(text('Which of several agents speaks, or the side conversation.')),
    message: text('What was said or done, as text.'),
    reasoning_content: optional(text('Reasoning that the source keeps apart.')),
    started_at: optional(timestamp('When the step was recorded.')),
    duration_ms: optional(real('How long it took, as the source says.')),
    model_name: optional(text('Model of this turn.')),
    response_id: optional(text('Id of the model response.')),
    finish_reason: optional(text('Why the model stopped.')),
    error_kind: optional(text('format_error, api_error, condensed ...')),
    probability: optional(real('Probability the policy gave the action it took.')),
    entropy: optional(real('Entropy of the policy at this step, nats.')),
    prompt_tokens: optional(whole('Prompt tokens.')),
    completion_tokens: optional(whole('Completion tokens.')),
    cached_tokens: optional(whole('Cached prompt tokens.')),
    reasoning_tokens: optional(whole('Reasoning tokens.')),
    cost_usd: optional(real('Cost in US dollars.')),
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
    result_step_id: optional(count('Step at which the source recorded the result, when not this one.')),
    result_content: optional(text('What came back.')),
    result_chars: optional(whole('Length of what came back, as it was recorded.')),
    exit_code: optional(whole('Exit code of a command.')),
    is_error: optional(flag('The call failed, or the tests it ran did.')),
    error_class: optional(
      text('What kind of error: exception type, test_failure, edit_refused, not_found, timeout ...'),
    ),
    action: optional(text('What the call is for: search, open, edit, create, test, run, submit, think, other.')),
    action_trigram: optional(text('This action and the two before it, oldest first.')),
    target_path: optional(text('File it is about.')),
    repeat_index: optional(
      count('How often the trace has made this very call since it last changed a file, this one included.'),
    ),
    suspicion: optional(text('Looks like an exploit: git_history, test_edit, forged_result, upstream_download.')),
    working_dir: optional(text('Working directory.')),
    open_file: optional(text('File shown in the editor.')),
    subagent_trace_id: optional(text('Trace of the agent the call started.')),
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
    expectation: oneOf(
      ['fail_to_pass', 'pass_to_pass', 'fail_to_fail', 'pass_to_fail', 'none'],
      'What the answer key expects.',
    ),
    status: oneOf(
      ['passed', 'failed', 'error', 'skipped', 'timeout', 'missing'],
      'What happened; missing is never a pass.',
    ),
    source: text('Where the outcome came from.'),
    duration_ms: optional(real('How long the test took, where the source says.')),
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

export const ImportSources = defineTable('import_sources', {
  doc: 'Every file an import looked at and what became of it: nothing is lost without a row.',
  key: ['source_uri'],
  columns: {
    source_uri: id('File, relative to what was imported; archive!member for members of archives.'),
    sha256: optional(text('Digest of the stored bytes.')),
    bytes: whole('Stored size.'),
    format: optional(text('Format it was read as.')),
    role: oneOf(
      ['trace', 'outcome', 'side', 'rejected'],
      'What it holds; side files carry neither traces nor verdicts.',
    ),
    record_count: count('Trace records in it.'),
    trace_count: count("Traces that came of them; a record folded into another file's trace counts there."),
    reject_count: count('Records that could not be read.'),
    redaction_count: count('Secrets overwritten.'),
  },
});
export type ImportSource = Row<typeof ImportSources>;

export const Outcomes = defineTable('outcomes', {
  doc: 'Every verdict an import read, joined to a trace or not.',
  key: ['source_uri', 'source_record'],
  columns: {
    source_uri: id('File.'),
    source_record: count('Number of the verdict inside the file.'),
    source: text('Kind of file: swebench_report, final_report, reward ...'),
    task_id: optional(text('Task.')),
    run_id: optional(text('Run, as the source names it.')),
    outcome: oneOf(['resolved', 'partial', 'unresolved', 'unknown'], 'Verdict.'),
    reward: optional(real('Reward as the source gives it.')),
    failure_mode: optional(text('How it failed, in the words of the source.')),
    test_count: count('Tests it lists.'),
    trace_id: optional(text('Trace it was joined to.')),
    is_used: flag('The trace took its verdict from here.'),
  },
});
export type Outcome = Row<typeof Outcomes>;

export const ImportedAnswerKeys = defineTable('imported_answer_keys', {
  doc: 'Gold patches, hidden tests and reference answers that rode along with imported traces. No Solver may see them.',
  key: ['trace_id'],
  is_sealed: true,
  columns: {
    trace_id: id('Trace they came with.'),
    task_id: optional(text('Task.')),
    repo: optional(text('Repository.')),
    gold_patch: optional(text('Reference patch.')),
    test_patch: optional(text('Patch of the hidden tests.')),
    fail_to_pass: listOf(text('Test.'), 'Tests that the reference patch makes pass.'),
    pass_to_pass: listOf(text('Test.'), 'Tests that must keep passing.'),
    gold_paths: listOf(text('Path.'), 'Files that the reference patch changes, sorted.'),
    extra: json('Reference answers, hints and solutions.'),
  },
});
export type ImportedAnswerKey = Row<typeof ImportedAnswerKeys>;
