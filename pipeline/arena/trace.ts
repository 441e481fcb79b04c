import type { Step, TestOutcome, ToolCall, Trace } from '../../schemas/traces.ts';
import { contentId } from '../hash.ts';
import { applyEdit } from '../mutation/edits.ts';
import { patchedPaths, unifiedDiff } from '../mutation/patch.ts';
import type { Episode, EpisodeStep } from '../solver/episode.ts';
import { failureMode } from '../solver/failure-mode.ts';
import { rewardComponents, solverReward } from '../training/rewards.ts';
import { type Challenge, editOf } from './arena.ts';
import { searchSources } from './search.ts';

export interface TraceRows {
  trace: Trace;
  steps: Step[];
  tool_calls: ToolCall[];
  test_outcomes: TestOutcome[];
}

export interface TraceOptions {
  policy_id: string;
  /** Actions known to be full repairs: engine knowledge for the failure mode. */
  repairs: readonly number[];
}

/** Writes an episode down as any agent's trace: run the tests, search, then open, edit and test, then submit. */
export async function traceOf(
  challenge: Challenge,
  episode: Episode,
  { policy_id, repairs }: TraceOptions,
): Promise<TraceRows> {
  const { task, prepared } = challenge;
  const trace_id = contentId('trace', [task.task_id, policy_id, episode.attempt]);
  const turns = [
    runTests(challenge),
    search(challenge),
    ...episode.steps.map((step) => act(challenge, step)),
    submit(challenge, episode),
  ];
  const [full, partial, preservation] = rewardComponents(episode.submission);
  const mode = failureMode(prepared, episode, repairs);
  const submission = submissionOf(challenge, episode);
  return {
    trace: {
      ...emptyTrace,
      trace_id,
      source_uri: policy_id,
      source_record: episode.attempt,
      policy_id,
      task_id: task.task_id,
      repository_id: task.repository_id,
      language: task.language,
      attempt: episode.attempt,
      exit_status: episode.submitted === null ? 'out of actions' : 'submitted',
      exit_class: episode.submitted === null ? 'limit' : 'submitted',
      submission,
      edited_paths: submission === null ? [] : patchedPaths(submission),
      step_count: turns.length,
      tool_call_count: turns.reduce((sum, turn) => sum + turn.calls.length, 0),
      outcome: episode.is_solved ? 'resolved' : partial > 0 ? 'partial' : 'unresolved',
      reward: solverReward([full, partial, preservation]),
      full_repair: full,
      partial_repair: partial,
      preservation,
      failure_mode: mode,
      problem_statement: task.problem_statement,
    },
    steps: turns.map((turn, index) => ({
      ...emptyStep,
      trace_id,
      step_id: index + 1,
      message: turn.message,
      probability: turn.probability ?? null,
      entropy: turn.entropy ?? null,
    })),
    tool_calls: turns.flatMap((turn, index) =>
      turn.calls.map((call, call_index) => ({
        ...emptyCall,
        trace_id,
        step_id: index + 1,
        call_index,
        ...call,
        arguments: JSON.stringify(call.arguments),
        extra: JSON.stringify(call.extra ?? {}),
      })),
    ),
    test_outcomes: await outcomesOf(challenge, episode, trace_id),
  };
}

interface Call {
  function_name: string;
  arguments: Record<string, unknown>;
  result_content: string;
  is_error: boolean | null;
  extra?: Record<string, unknown>;
}
interface Turn {
  message: string;
  calls: Call[];
  probability?: number;
  entropy?: number;
}

function runTests({ workspace, task }: Challenge): Turn {
  const lines = workspace.failing.map((test) => `${test.status} ${test.test_id}\n${test.message ?? ''}`);
  const call = {
    function_name: 'run_tests',
    arguments: { tests: task.failing_tests },
    result_content: lines.join('\n'),
    is_error: true,
  };
  return { message: 'Run the failing tests.', calls: [call] };
}

function search({ workspace }: Challenge): Turn {
  const { term, hits } = searchSources(workspace);
  return {
    message: `Look for ${term}.`,
    calls: [{ function_name: 'search', arguments: { term }, result_content: hits.join('\n'), is_error: false }],
  };
}

function act(challenge: Challenge, step: EpisodeStep): Turn {
  const { probability, entropy } = step;
  const action = challenge.prepared.actions[step.action]!;
  if (action.kind === 'open') {
    const { path, function: fn, text } = action.function;
    const call = { function_name: 'open', arguments: { path, symbol: fn.name }, result_content: text, is_error: false };
    return { message: `Open ${fn.name} in ${path}.`, calls: [call], probability, entropy };
  }
  const { path, line, old, replacement, operator, function_name, context } = action.edit;
  const outcome = step.outcome!;
  const edit = {
    function_name: 'edit',
    arguments: { path, line, old, new: replacement },
    result_content: 'edited',
    is_error: outcome.class === 'broken',
    extra: { operator, context, symbol: function_name },
  };
  const test = {
    function_name: 'run_tests',
    arguments: { tests: challenge.task.failing_tests.slice(0, 1) },
    result_content: words[outcome.class],
    is_error: outcome.class !== 'fixed',
    extra: { outcome: outcome.class },
  };
  return { message: `Try ${operator} in ${function_name}, line ${line}.`, calls: [edit, test], probability, entropy };
}

const words = {
  broken: 'the edited file does not compile; reverted',
  same: 'fails as before; reverted',
  different: 'fails in another way; reverted',
  timeout: 'does not come to an end; reverted',
  partial: 'some of the failing tests pass now; reverted',
  fixed: 'the failing tests pass',
} as const;

function submit(challenge: Challenge, episode: Episode): Turn {
  const patch = submissionOf(challenge, episode);
  if (patch === null) return { message: 'Nothing worth handing in.', calls: [] };
  return {
    message: 'Hand in the patch.',
    calls: [{ function_name: 'submit', arguments: {}, result_content: patch, is_error: false }],
  };
}

function submissionOf({ workspace, prepared }: Challenge, { submitted }: Episode): string | null {
  if (submitted === null) return null;
  const edit = editOf(prepared, submitted);
  const before = workspace.sources.get(edit.path)!;
  return unifiedDiff(edit.path, before, applyEdit(before, edit));
}

/** What the verifier saw of every test it ran on what was handed in; of the named failing tests when nothing was. */
async function outcomesOf(
  { workspace, task, expected, verification }: Challenge,
  { submitted }: Episode,
  trace_id: string,
): Promise<TestOutcome[]> {
  const tests = submitted === null ? workspace.failing : (await verification(submitted)).tests;
  const mustPass = new Set(expected.fail_to_pass);
  return tests.map(({ test_id, status }) => ({
    trace_id,
    test_id,
    task_id: task.task_id,
    expectation: mustPass.has(test_id) ? 'fail_to_pass' : 'pass_to_pass',
    status,
    source: 'socratic',
    duration_ms: null,
  }));
}

const emptyTrace = {
  schema_version: 'socratic-trace/1',
  source_format: 'socratic',
  source_format_version: '1',
  source_sha256: null,
  record_count: 1,
  session_id: null,
  trajectory_id: null,
  parent_trace_id: null,
  agent_name: 'socratic-solver',
  agent_version: '1',
  model_name: null,
  provider_name: null,
  repo: null,
  base_commit: null,
  run_id: null,
  started_at: null,
  ended_at: null,
  prompt_tokens: null,
  completion_tokens: null,
  cached_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
  api_calls: null,
  outcome_source: 'socratic',
  is_infra_failure: null,
  is_patch_applied: null,
  fail_to_pass_passed: null,
  fail_to_pass_failed: null,
  pass_to_pass_passed: null,
  pass_to_pass_failed: null,
  tool_definitions: null,
  extra: '{}',
  quality_flags: '[]',
} as const;
const emptyStep = {
  source: 'agent',
  role_raw: null,
  agent_role: null,
  reasoning_content: null,
  started_at: null,
  duration_ms: null,
  model_name: null,
  response_id: null,
  finish_reason: null,
  error_kind: null,
  prompt_tokens: null,
  completion_tokens: null,
  cached_tokens: null,
  reasoning_tokens: null,
  cost_usd: null,
  is_copied_context: false,
  is_sidechain: false,
  extra: '{}',
} as const;
const emptyCall = {
  tool_call_id: null,
  command: null,
  result_step_id: null,
  result_chars: null,
  error_class: null,
  action: null,
  action_trigram: null,
  target_path: null,
  repeat_index: null,
  suspicion: null,
  exit_code: null,
  working_dir: null,
  open_file: null,
  subagent_trace_id: null,
  wall_ms: 0,
} as const;
