import { exitCodeIn } from '../calls.ts';
import { partCalls, reasoningOf } from '../chat.ts';
import {
  asList,
  asNumber,
  asObject,
  asText,
  asWhole,
  type CallDraft,
  isObject,
  type JsonObject,
  type StepDraft,
  sumKnown,
  type TraceDraft,
  textOf,
} from '../draft.ts';
import type { Format, Source } from './format.ts';

/** Sessions of Pi and of OpenClaw, which is built on it. */
export const pi: Format = {
  name: 'pi',
  unit: 'session',
  signature: ['type', 'id', 'cwd', 'parentId', 'message.role', 'message.content'],
  matches: (value) =>
    Array.isArray(value) &&
    ((isObject(value[0]) && value[0].type === 'session' && 'id' in value[0] && 'cwd' in value[0]) ||
      value
        .slice(0, 4)
        .filter((line) => isObject(line) && line.type === 'message' && 'parentId' in line && isObject(line.message))
        .length > 1),
  read: (value, source) => [readSession(asList(value).map(asObject), source)],
};

function readSession(lines: readonly JsonObject[], source: Source): TraceDraft {
  const header = lines.find((line) => line.type === 'session') ?? {};
  const steps: StepDraft[] = [];
  const calls = new Map<string, CallDraft>();
  for (const line of lines) {
    if (line.type === 'message') readMessage(asObject(line.message), line.timestamp, steps, calls);
    if (line.type === 'compaction')
      steps.push({
        source: 'system',
        role_raw: 'compaction',
        message: asText(line.summary) ?? '',
        time: line.timestamp,
        error_kind: 'condensed',
      });
  }
  const model = lines.find((line) => line.type === 'model_change');
  return {
    format: 'pi',
    version: header.version === undefined || header.version === null ? null : String(header.version),
    fields: {
      agent_name: 'pi',
      session_id: asText(header.id) ?? source.stem,
      model_name: steps.map((step) => step.model_name).find(Boolean) ?? asText(model?.modelId),
      provider_name: asText(model?.provider),
      exit_status: steps.findLast((step) => step.source === 'agent')?.finish_reason ?? null,
      cost_usd: sumKnown(steps.map((step) => step.cost_usd)),
      problem_statement: steps.find((step) => step.source === 'user')?.message ?? null,
    },
    started: header.timestamp ?? lines[0]?.timestamp,
    ended: lines.at(-1)?.timestamp,
    steps,
    extra: { cwd: header.cwd ?? null },
  };
}

function readMessage(message: JsonObject, time: unknown, steps: StepDraft[], calls: Map<string, CallDraft>): void {
  if (message.role === 'toolResult' || message.role === 'bashExecution') {
    const call = calls.get(String(message.toolCallId));
    const text = textOf(message.content ?? message.output);
    if (!call) return;
    Object.assign(call, {
      result: text,
      exit_code: asWhole(asObject(message.details).exitCode) ?? exitCodeIn(text),
      is_error: message.isError === true ? true : null,
    });
    return;
  }
  const usage = asObject(message.usage);
  const [input, read, written] = [asWhole(usage.input), asWhole(usage.cacheRead), asWhole(usage.cacheWrite)];
  const step: StepDraft = {
    source: message.role === 'assistant' ? 'agent' : message.role === 'system' ? 'system' : 'user',
    role_raw: asText(message.role),
    message: textOf(
      asList(message.content).length > 0
        ? asList(message.content).filter((part) => asObject(part).type === 'text' || typeof part === 'string')
        : message.content,
    ),
    reasoning_content: reasoningOf(message),
    time: time ?? message.timestamp,
    model_name: asText(message.model),
    finish_reason: asText(message.stopReason),
    prompt_tokens: sumKnown([input, read, written]),
    cached_tokens: read,
    completion_tokens: asWhole(usage.output),
    cost_usd: asNumber(asObject(usage.cost).total),
    error_kind: message.stopReason === 'error' ? 'api_error' : null,
    calls: partCalls(message.content),
  };
  for (const call of step.calls!) if (call.tool_call_id) calls.set(call.tool_call_id, call);
  steps.push(step);
}
