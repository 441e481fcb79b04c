import { contentId } from '../../pipeline/hash.ts';
import { seededRandom } from '../../pipeline/random.ts';
import { type Evaluation, Evaluations } from '../../schemas/policies.ts';
import {
  type Step,
  Steps,
  type TestOutcome,
  TestOutcomes,
  type ToolCall,
  ToolCalls,
  type Trace,
  Traces,
} from '../../schemas/traces.ts';
import { fill } from './fill.ts';
import { everythingHostile } from './hostile.ts';
import { operators, type Planted, pick } from './world.ts';

export interface AttemptRows {
  traces: Trace[];
  steps: Step[];
  tool_calls: ToolCall[];
  test_outcomes: TestOutcome[];
}

export const noAttempts = (): AttemptRows => ({ traces: [], steps: [], tool_calls: [], test_outcomes: [] });

const modes = ['exhausted', 'wrong_operator', 'localise_line', 'localise_function', 'overfit'] as const;

/** Adds one attempt at a task: run the tests, look, try edits, submit. */
export function attempt(
  into: AttemptRows,
  planted: Planted,
  given: { policy_id: string; number: number; skill: number },
): void {
  const { task, key, difficulty } = planted;
  const { policy_id, number, skill } = given;
  const random = seededRandom(`attempt/${policy_id}/${task.task_id}/${number}`);
  const solved = random() < (1 - difficulty) * 0.5 + skill;
  const trace_id = contentId('trace', [task.task_id, policy_id, number]);
  const tries = 1 + Math.floor(random() * 4);
  const calls: [string, string, Record<string, unknown>, string][] = [
    ['Run the failing tests.', 'run_tests', { tests: task.failing_tests }, 'failed\nAssertionError: assert 3 == 4'],
    [
      `Look for ${key.symbol}.`,
      'search',
      { term: key.symbol },
      `${key.path}:${key.line}: def ${key.symbol}(size, limit):`,
    ],
    ...Array.from({ length: tries }, (_, i): [string, string, Record<string, unknown>, string] => [
      `Try ${pick(operators, random)} in ${key.symbol}, line ${key.line + i}.`,
      'edit',
      { path: key.path, line: key.line + i, old: 'size > limit', new: 'size >= limit' },
      solved && i === tries - 1 ? 'the failing tests pass' : 'the tests fail as before',
    ]),
    [solved ? 'Submit.' : 'Out of actions.', 'submit', {}, ''],
  ];
  into.traces.push(
    fill(Traces, {
      trace_id,
      schema_version: 'socratic-trace/1',
      source_format: 'socratic',
      source_uri: policy_id,
      source_record: number,
      record_count: 1,
      agent_name: 'socratic-solver',
      policy_id,
      task_id: task.task_id,
      repository_id: task.repository_id,
      language: task.language,
      attempt: number,
      exit_class: solved ? 'submitted' : 'limit',
      submission: solved ? key.fix_patch : null,
      edited_paths: solved ? [key.path] : [],
      step_count: calls.length,
      tool_call_count: calls.length,
      outcome: solved ? 'resolved' : 'unresolved',
      outcome_source: 'socratic',
      reward: solved ? 1 : 0.2,
      full_repair: solved ? 1 : 0,
      partial_repair: solved ? 1 : 0,
      preservation: 1,
      failure_mode: solved ? 'ok' : pick(modes, random),
      problem_statement: task.problem_statement,
      quality_flags: '[]',
    }),
  );
  for (const [i, [message, function_name, args, result]] of calls.entries()) {
    const place = { trace_id, step_id: i + 1 };
    into.steps.push(
      fill(Steps, { ...place, source: 'agent', message, probability: 0.2 + 0.7 * random(), entropy: random() }),
    );
    into.tool_calls.push(
      fill(ToolCalls, {
        ...place,
        call_index: 0,
        function_name,
        arguments: JSON.stringify(args),
        result_content: result,
        is_error: /fail/.test(result),
      }),
    );
  }
  for (const test_id of key.fail_to_pass)
    into.test_outcomes.push(
      fill(TestOutcomes, {
        trace_id,
        test_id,
        task_id: task.task_id,
        expectation: 'fail_to_pass',
        status: solved ? 'passed' : 'failed',
        source: 'socratic',
      }),
    );
}

export const hostileTraceId = contentId('trace', 'hostile');

/** An imported trace whose every text tries to leave the page, with a line of a megabyte. */
export function hostileAttempt(into: AttemptRows): void {
  into.traces.push(
    fill(Traces, {
      trace_id: hostileTraceId,
      schema_version: 'socratic-trace/1',
      source_format: 'mini-swe-agent',
      source_uri: `${everythingHostile}.json`,
      record_count: 1,
      agent_name: everythingHostile,
      model_name: '<b>model</b>',
      repo: '<script>repo()</script>',
      exit_class: 'submitted',
      submission: `--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-${everythingHostile.replaceAll('\n', ' ')}\n+safe\n`,
      step_count: 3,
      tool_call_count: 1,
      outcome: 'unresolved',
      outcome_source: 'report',
      problem_statement: everythingHostile,
      prompt_tokens: 51_200,
      completion_tokens: 2_300,
      cost_usd: 0.31,
      quality_flags: '[]',
    }),
  );
  const texts = [everythingHostile, 'x'.repeat(1 << 20), '\u001b[2J\u001b[H'.repeat(500)];
  for (const [i, message] of texts.entries())
    into.steps.push(
      fill(Steps, {
        trace_id: hostileTraceId,
        step_id: i + 1,
        source: 'agent',
        message,
        reasoning_content: everythingHostile,
      }),
    );
  into.tool_calls.push(
    fill(ToolCalls, {
      trace_id: hostileTraceId,
      step_id: 1,
      call_index: 0,
      function_name: everythingHostile,
      arguments: JSON.stringify({ text: everythingHostile }),
      command: everythingHostile,
      result_content: everythingHostile,
      error_class: '<i>error</i>',
      is_error: true,
    }),
  );
  into.test_outcomes.push(
    fill(TestOutcomes, {
      trace_id: hostileTraceId,
      test_id: everythingHostile,
      expectation: 'none',
      status: 'failed',
      source: 'report',
    }),
  );
}

export const longTraceId = contentId('trace', 'long');

/** A trace of many steps. */
export function longAttempt(into: AttemptRows, step_count: number): void {
  into.traces.push(
    fill(Traces, {
      trace_id: longTraceId,
      schema_version: 'socratic-trace/1',
      source_format: 'atif',
      source_uri: 'long.json',
      record_count: 1,
      agent_name: 'walker',
      exit_class: 'limit',
      step_count,
      tool_call_count: step_count,
      outcome: 'unresolved',
      outcome_source: 'report',
      quality_flags: '[]',
    }),
  );
  for (let step_id = 1; step_id <= step_count; step_id++) {
    into.steps.push(
      fill(Steps, {
        trace_id: longTraceId,
        step_id,
        source: 'agent',
        message: `Step ${step_id} of the long walk.`,
        reasoning_content: step_id % 7 === 0 ? 'Thinking of what comes next.' : null,
      }),
    );
    into.tool_calls.push(
      fill(ToolCalls, {
        trace_id: longTraceId,
        step_id,
        call_index: 0,
        function_name: 'bash',
        arguments: '{}',
        command: `sed -n ${step_id},${step_id + 20}p core.py`,
        result_content: 'x = 1\n'.repeat(12),
        is_error: false,
      }),
    );
  }
}

/** How a checkpoint does on held-out tasks. */
export function evaluationsOf(tasks: readonly Planted[], policy_id: string, skill: number): Evaluation[] {
  return tasks.map(({ task, difficulty }) => {
    const random = seededRandom(`evaluate/${task.task_id}`);
    const solved = Array.from({ length: 8 }, () => random()).filter((r) => r < (1 - difficulty) * 0.4 + skill).length;
    return fill(Evaluations, {
      policy_id,
      task_id: task.task_id,
      repository_id: task.repository_id,
      split: 'held_out',
      attempt_count: 8,
      solved_count: solved,
      mean_steps: 6,
    });
  });
}
