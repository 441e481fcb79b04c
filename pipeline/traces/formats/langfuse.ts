import { callOf } from '../calls.ts';
import {
  asList,
  asNumber,
  asObject,
  asText,
  asWhole,
  type CallDraft,
  isObject,
  type Json,
  type JsonObject,
  type StepDraft,
  sumKnown,
  type TraceDraft,
  textOf,
  unwrapJson,
} from '../draft.ts';
import { type Format, has } from './format.ts';

/** Exports of Langfuse with OpenTelemetry's generative-AI spans. */
export const langfuse: Format = {
  name: 'langfuse-otel',
  unit: 'record',
  signature: ['trace', 'observations', 'observations[].type', 'trace.projectId'],
  matches: (value) =>
    has(value, 'trace', 'observations') &&
    isObject((value as JsonObject).trace) &&
    Array.isArray((value as JsonObject).observations),
  read: (value) => [readExport(asObject(value))],
};

function readExport(document: JsonObject): TraceDraft {
  const trace = asObject(document.trace);
  const observations = asList(document.observations)
    .map(asObject)
    .sort((a, b) => compare(String(a.startTime), String(b.startTime)) || compare(String(a.id), String(b.id)));
  const tools = observations.filter((observation) => observation.type === 'TOOL');
  const generations = observations.filter((observation) => observation.type === 'GENERATION');
  const steps: StepDraft[] = [];
  const waiting = [...tools];
  for (const generation of generations) {
    if (steps.length === 0) steps.push(...spoken(unwrapJson(generation.input)));
    steps.push(turn(generation, waiting));
  }
  if (steps.length === 0) steps.push(...bare(trace));
  const attributes = asObject(asObject(unwrapJson(generations[0]?.metadata)).attributes);
  return {
    format: 'langfuse-otel',
    fields: {
      agent_name: asText(attributes['gen_ai.agent.name']) ?? asText(trace.name),
      agent_version: asText(trace.version) ?? asText(trace.release),
      session_id: asText(trace.sessionId) ?? asText(attributes['gen_ai.conversation.id']),
      trajectory_id: asText(trace.id),
      model_name: generations.map((generation) => asText(generation.model)).find(Boolean) ?? null,
      provider_name: asText(attributes['gen_ai.provider.name']) ?? asText(attributes['gen_ai.system']),
      cost_usd: sumKnown(generations.map((generation) => asNumber(generation.totalCost))),
      problem_statement: textOf(unwrapJson(trace.input)) || null,
    },
    started: trace.timestamp,
    ended: observations
      .map((observation) => asText(observation.endTime))
      .filter((time) => time !== null)
      .sort()
      .at(-1),
    steps,
    extra: { environment: trace.environment ?? null, tags: trace.tags ?? null },
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Messages in the form of the conventions: `{role, parts: [{type, content}]}`. */
function spoken(input: unknown): StepDraft[] {
  const list: Json[] = Array.isArray(input)
    ? input
    : isObject(input) && Array.isArray(input.messages)
      ? input.messages
      : [];
  return list
    .map(asObject)
    .filter((message) => message.role !== 'assistant' && message.role !== 'tool')
    .map((message) => ({
      source: message.role === 'system' ? 'system' : 'user',
      role_raw: asText(message.role),
      message: textOf(message.parts ?? message.content),
    }));
}

function turn(generation: JsonObject, waiting: JsonObject[]): StepDraft {
  const output = unwrapJson(generation.output);
  const messages: Json[] = Array.isArray(output) ? output : [output as Json];
  const parts = messages
    .flatMap((message) => asList(asObject(message).parts ?? asObject(message).content))
    .map(asObject);
  const usage = asObject(generation.usageDetails);
  const text =
    parts
      .filter((part) => part.type === 'text')
      .map(textOf)
      .join('\n') || (parts.length === 0 ? textOf(output) : '');
  return {
    source: 'agent',
    role_raw: 'assistant',
    message: text,
    time: generation.startTime,
    duration_ms: asNumber(generation.latency),
    model_name: asText(generation.model),
    prompt_tokens: asWhole(usage.input) ?? asWhole(generation.inputUsage),
    completion_tokens: asWhole(usage.output) ?? asWhole(generation.outputUsage),
    cost_usd: asNumber(generation.totalCost),
    error_kind: generation.level === 'ERROR' ? 'api_error' : null,
    calls: parts.filter((part) => part.type === 'tool_call').map((part) => withResult(part, waiting)),
  };
}

/** Tool spans carry the results; a span belongs to the first call of its name that has none yet. */
function withResult(part: JsonObject, waiting: JsonObject[]): CallDraft {
  const name = asText(part.name) ?? 'unknown';
  const call = callOf(name, part.arguments, asText(part.id));
  const at = waiting.findIndex((tool) => String(tool.name).endsWith(name));
  if (at < 0) return call;
  const [span] = waiting.splice(at, 1);
  const output = unwrapJson(span!.output);
  return {
    ...call,
    result: typeof output === 'string' ? output : JSON.stringify(output ?? null),
    duration_ms: asNumber(span!.latency),
    is_error: span!.level === 'ERROR' ? true : null,
  };
}

function bare(trace: JsonObject): StepDraft[] {
  const input = textOf(unwrapJson(trace.input)) || JSON.stringify(trace.input ?? '');
  const output = textOf(unwrapJson(trace.output)) || JSON.stringify(trace.output ?? '');
  return [
    { source: 'user', message: input },
    { source: 'agent', message: output },
  ];
}
