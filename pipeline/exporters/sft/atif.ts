import type { Step, ToolCall } from '../../../schemas/traces.ts';
import { callId, type Session } from './sessions.ts';

/** An attempt as one ATIF 1.7 document. Steps are numbered anew, without gaps; `extra` keeps the warehouse's number. */
export function atif({ trace, steps }: Session): string {
  const turns = steps.map(({ step, calls }, index) => stepOf(step, calls, index + 1));
  const metrics = {
    total_prompt_tokens: trace.prompt_tokens,
    total_completion_tokens: trace.completion_tokens,
    total_cached_tokens: trace.cached_tokens,
    total_cost_usd: trace.cost_usd,
    total_steps: turns.length,
  };
  return `${JSON.stringify(
    present({
      schema_version: 'ATIF-v1.7',
      session_id: trace.session_id ?? trace.trace_id,
      trajectory_id: trace.trace_id,
      agent: present({
        name: trace.agent_name ?? 'unknown',
        version: trace.agent_version ?? 'unknown',
        model_name: trace.model_name,
        tool_definitions: trace.tool_definitions === null ? null : JSON.parse(trace.tool_definitions),
      }),
      steps: turns,
      final_metrics: present(metrics),
      extra: { trace_id: trace.trace_id, task_id: trace.task_id, outcome: trace.outcome, reward: trace.reward },
    }),
    null,
    1,
  )}\n`;
}

function stepOf(step: Step, calls: readonly ToolCall[], step_id: number): Record<string, unknown> {
  const byAgent = step.source === 'agent';
  const results = calls.map((call) => ({ source_call_id: callId(call), content: call.result_content ?? '' }));
  const metrics = present({
    prompt_tokens: step.prompt_tokens,
    completion_tokens: step.completion_tokens,
    cached_tokens: step.cached_tokens,
    cost_usd: step.cost_usd,
  });
  return present({
    step_id,
    timestamp: step.started_at,
    source: step.source,
    message: step.message,
    model_name: byAgent ? step.model_name : null,
    reasoning_content: byAgent ? step.reasoning_content : null,
    tool_calls: byAgent && calls.length > 0 ? calls.map(callOf) : null,
    observation: byAgent && results.length > 0 ? { results } : null,
    metrics: byAgent && Object.keys(metrics).length > 0 ? metrics : null,
    extra: { source_step_id: step.step_id },
  });
}

const callOf = (call: ToolCall) => ({
  tool_call_id: callId(call),
  function_name: call.function_name,
  arguments: objectOf(call.arguments),
});

/** ATIF wants an object; a source that gave anything else keeps it under `value`. */
function objectOf(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : { value };
}

const present = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
