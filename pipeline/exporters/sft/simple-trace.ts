import type { Step, ToolCall } from '../../../schemas/traces.ts';
import { callId, type Session } from './sessions.ts';

const roles = { system: 'system', user: 'user', agent: 'assistant' } as const;

/** An attempt in the Hub's Session Trace Simple Format: a line for the session, then one for each message. */
export function simpleTrace({ trace, steps }: Session): string {
  const session = { type: 'session', harness: trace.agent_name ?? 'unknown', id: trace.trace_id, name: trace.task_id };
  const messages = steps.flatMap(({ step, calls }) => [messageOf(step, calls), ...calls.map(resultOf)]);
  return [session, ...messages.map((message) => ({ type: 'message', message }))]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

const messageOf = (step: Step, calls: readonly ToolCall[]) => ({
  role: roles[step.source],
  content: step.message,
  ...(step.reasoning_content === null ? {} : { reasoningContent: step.reasoning_content }),
  ...(calls.length === 0
    ? {}
    : {
        toolCalls: calls.map((call) => ({
          id: callId(call),
          function: { name: call.function_name, arguments: call.arguments },
        })),
      }),
  ...(step.started_at === null ? {} : { timestamp: step.started_at }),
  ...(step.model_name === null ? {} : { model: step.model_name }),
});

const resultOf = (call: ToolCall) => ({ role: 'tool', content: call.result_content ?? '', toolCallId: callId(call) });
