import { bashCall, callOf, codeBlocks, unwrapResult, xmlCalls } from './calls.ts';
import {
  asLabel,
  asList,
  asObject,
  asText,
  asWhole,
  type CallDraft,
  isObject,
  type Json,
  type JsonObject,
  type StepDraft,
  textOf,
} from './draft.ts';

export interface ChatOptions {
  /** Also look for actions written into the text: xml function tags, and single fenced shell blocks. */
  textActions?: boolean;
}

/** Turns of an OpenAI-style list of messages: tool messages are folded onto the calls that asked for them. */
export function chatSteps(
  messages: readonly Json[],
  { textActions = false }: ChatOptions = {},
): { steps: StepDraft[]; flags: string[] } {
  const steps: StepDraft[] = [];
  const flags = new Set<string>();
  const open = new OpenCalls();
  for (const raw of messages) {
    const message = asObject(raw);
    const role = (asText(message.role) ?? asText(message.from) ?? '').toLowerCase();
    if (role === 'tool' || role === 'function' || role === 'toolresult') {
      if (!open.fold(resultOf(message), resultId(message))) {
        flags.add('orphan_result');
        steps.push({ source: 'user', role_raw: role, message: textOf(message.content) });
      }
      continue;
    }
    const step = stepOf(message, role, textActions);
    if (step.source === 'user' && textActions && open.fold(unwrapResult(step.message), null)) continue;
    steps.push(step);
    open.add(step.calls ?? []);
  }
  if (steps.some((step) => step.source === 'agent') && open.size > 0) flags.add('call_without_result');
  return { steps, flags: [...flags] };
}

/** Calls that still wait for their result. Results find their call by id, or take the oldest one without. */
export class OpenCalls {
  private waiting: CallDraft[] = [];

  get size(): number {
    return this.waiting.length;
  }

  add(calls: readonly CallDraft[]): void {
    this.waiting.push(...calls);
  }

  /** The call that the result belongs to, or null. What the result does not know stays as it was. */
  fold(result: Partial<CallDraft>, id: string | null): CallDraft | null {
    const index = id === null ? 0 : this.waiting.findIndex((call) => call.tool_call_id === id);
    const call = this.waiting[index < 0 ? -1 : index];
    if (!call) return null;
    this.waiting.splice(index, 1);
    for (const [key, value] of Object.entries(result))
      if (value !== null && value !== undefined) (call as unknown as Record<string, unknown>)[key] = value;
    return call;
  }
}

const resultId = (message: JsonObject): string | null =>
  asLabel(message.tool_call_id ?? message.toolCallId ?? message.call_id);

function resultOf(message: JsonObject): Partial<CallDraft> {
  const result: Partial<CallDraft> = unwrapResult(textOf(message.content ?? message.text));
  if (typeof message.is_error === 'boolean') result.is_error = message.is_error;
  if (typeof message.isError === 'boolean') result.is_error = message.isError;
  if (isObject(message.error)) result.is_error = true;
  return result;
}

function stepOf(message: JsonObject, role: string, textActions: boolean): StepDraft {
  const text = textOf(message.content ?? message.text ?? message.value ?? message.system_prompt);
  const source =
    role === 'system' || role === 'developer'
      ? 'system'
      : role === 'assistant' || role === 'ai' || role === 'gpt' || role === 'model'
        ? 'agent'
        : 'user';
  const step: StepDraft = { source, role_raw: role || null, message: text, reasoning_content: reasoningOf(message) };
  step.time = message.timestamp ?? message.created_at ?? asObject(message._metadata).timestamp;
  if (source !== 'agent') return step;
  step.calls = [...asList(message.tool_calls).map(callOfMessage), ...legacyCall(message)];
  if (step.calls.length === 0) step.calls = partCalls(message.content);
  if (step.calls.length === 0 && textActions) step.calls = actionsInText(text);
  return { ...step, ...usageOf(message.usage), model_name: asText(message.model) };
}

/** Reasoning under any of its names. */
export const reasoningOf = (message: JsonObject): string | null => {
  const direct = asText(message.reasoning_content) ?? asText(message.reasoning) ?? asText(message.thinking);
  if (direct) return direct;
  const parts = asList(message.content).filter(
    (part) => isObject(part) && (part.type === 'thinking' || part.type === 'reasoning'),
  );
  const text = parts
    .map((part) => asText(asObject(part).thinking) ?? asText(asObject(part).reasoning) ?? textOf(asObject(part).text))
    .filter(Boolean)
    .join('\n');
  return text || null;
};

/** Tokens in the spellings of the common endpoints. Cached tokens are part of the prompt. */
export function usageOf(
  value: unknown,
): Pick<StepDraft, 'prompt_tokens' | 'completion_tokens' | 'cached_tokens' | 'reasoning_tokens'> {
  const usage = asObject(value);
  return {
    prompt_tokens: asWhole(usage.prompt_tokens ?? usage.input_tokens),
    completion_tokens: asWhole(usage.completion_tokens ?? usage.output_tokens),
    cached_tokens: asWhole(
      asObject(usage.prompt_tokens_details ?? usage.input_tokens_details).cached_tokens ??
        usage.input_tokens_cache_read,
    ),
    reasoning_tokens: asWhole(
      asObject(usage.completion_tokens_details ?? usage.output_tokens_details).reasoning_tokens ??
        usage.reasoning_tokens,
    ),
  };
}

/** `{id, function: {name, arguments}}`, or Inspect's `{id, function: name, arguments}`. */
export function callOfMessage(raw: Json): CallDraft {
  const call = asObject(raw);
  const fn = isObject(call.function)
    ? call.function
    : { name: call.function ?? call.name ?? null, arguments: call.arguments ?? call.args ?? call.input ?? null };
  return callOf(asText(fn.name) ?? 'unknown', fn.arguments, asLabel(call.id ?? call.tool_call_id ?? call.call_id));
}

const legacyCall = (message: JsonObject): CallDraft[] =>
  isObject(message.function_call)
    ? [callOf(asText(message.function_call.name) ?? 'unknown', message.function_call.arguments)]
    : [];

/** Calls among the parts of the content: Anthropic's tool_use, toolCall of Pi, tool_call of exports. */
export const partCalls = (content: unknown): CallDraft[] =>
  asList(content).flatMap((raw) => {
    const part = asObject(raw);
    if (part.type !== 'tool_use' && part.type !== 'toolCall' && part.type !== 'tool_call') return [];
    return [
      callOf(asText(part.name) ?? 'unknown', part.input ?? part.arguments, asLabel(part.id ?? part.tool_call_id)),
    ];
  });

/** Actions of agents that write them into their text. Two shell blocks are not one action. */
export function actionsInText(text: string): CallDraft[] {
  const tagged = xmlCalls(text);
  if (tagged.length > 0) return tagged;
  const blocks = codeBlocks(text, ['bash', 'sh', 'shell', 'mswea_bash_command']);
  return blocks.length === 1 ? [bashCall(blocks[0]!)] : [];
}
