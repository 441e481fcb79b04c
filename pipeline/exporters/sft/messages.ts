import type { ToolCall } from '../../../schemas/traces.ts';
import type { Type } from '../rows.ts';
import { callId, type Session } from './sessions.ts';

/** A chat message as OpenAI writes it; arguments are JSON text, so that one column holds every tool's. */
export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  tool_calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] | null;
  tool_call_id: string | null;
  name: string | null;
}

export const messageType = {
  struct: {
    role: 'string',
    content: 'string',
    tool_calls: {
      list: { struct: { id: 'string', type: 'string', function: { struct: { name: 'string', arguments: 'string' } } } },
    },
    tool_call_id: 'string',
    name: 'string',
  },
} as const satisfies Type;

const plain = { tool_calls: null, tool_call_id: null, name: null };
const roles = { system: 'system', user: 'user', agent: 'assistant' } as const;

/** What the agent was told before it did anything. */
export function promptOf({ trace, steps }: Session): Message[] {
  const first = steps.findIndex(({ step }) => step.source === 'agent');
  const before = first < 0 ? steps : steps.slice(0, first);
  const told = before.map(({ step }): Message => ({ role: roles[step.source], content: step.message, ...plain }));
  if (told.some(({ role }) => role === 'user') || trace.problem_statement === null) return told;
  return [...told, { role: 'user', content: trace.problem_statement, ...plain }];
}

/** What it did: each turn with its calls, each call with what came back. */
export function answerOf({ steps }: Session): Message[] {
  const first = steps.findIndex(({ step }) => step.source === 'agent');
  if (first < 0) return [];
  return steps.slice(first).flatMap(({ step, calls }): Message[] => [
    {
      ...plain,
      role: roles[step.source],
      content: step.message,
      tool_calls: calls.length > 0 ? calls.map(toolCall) : null,
    },
    ...calls.map(
      (call): Message => ({
        role: 'tool',
        content: call.result_content ?? '',
        tool_calls: null,
        tool_call_id: callId(call),
        name: call.function_name,
      }),
    ),
  ]);
}

const toolCall = (call: ToolCall) => ({
  id: callId(call),
  type: 'function' as const,
  function: { name: call.function_name, arguments: call.arguments },
});

/** Tool definitions as the trace has them; else what its calls show: names and kinds of arguments. */
export function toolsOf(sessions: readonly Session[]): unknown[] {
  const offered = sessions.find(({ trace }) => trace.tool_definitions !== null)?.trace.tool_definitions;
  if (offered) return JSON.parse(offered) as unknown[];
  const seen = new Map<string, Record<string, { type: string }>>();
  for (const { steps } of sessions)
    for (const { function_name, arguments: text } of steps.flatMap(({ calls }) => calls))
      seen.set(function_name, { ...seen.get(function_name), ...kindsOf(JSON.parse(text)) });
  return [...seen.keys()].sort().map((name) => ({
    type: 'function',
    function: {
      name,
      description: name.replaceAll('_', ' '),
      parameters: { type: 'object', properties: seen.get(name) },
    },
  }));
}

const kindsOf = (values: Record<string, unknown>): Record<string, { type: string }> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { type: Array.isArray(value) ? 'array' : typeof value }]),
  );
