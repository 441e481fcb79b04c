import { callOf } from '../calls.ts';
import {
  asList,
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
import { type Format, has, type Source } from './format.ts';

/** Sessions that Gemini CLI saves. */
export const geminiCli: Format = {
  name: 'gemini-cli',
  unit: 'record',
  signature: ['sessionId', 'messages', 'messages[].type', 'messages[].toolCalls', 'projectHash'],
  matches: (value) =>
    has(value, 'sessionId', 'messages') &&
    asList((value as JsonObject).messages).some(
      (message) =>
        isObject(message) &&
        (message.type === 'gemini' || message.type === 'user') &&
        'content' in message &&
        !('role' in message),
    ),
  read: (value, source) => [readSession(asObject(value), source)],
};

/** What `gemini --output-format stream-json` prints. */
export const geminiStream: Format = {
  name: 'gemini-cli-stream',
  unit: 'session',
  signature: ['type', 'tool_name', 'tool_id', 'parameters', 'session_id'],
  matches: (value) =>
    Array.isArray(value) &&
    isObject(value[0]) &&
    value[0].type === 'init' &&
    value
      .slice(1)
      .every(
        (line) =>
          isObject(line) && ['message', 'tool_use', 'tool_result', 'result', 'error'].includes(String(line.type)),
      ) &&
    'session_id' in value[0],
  read: (value) => [readStream(asList(value).map(asObject))],
};

function readSession(session: JsonObject, source: Source): TraceDraft {
  const steps = asList(session.messages).map((raw): StepDraft => {
    const message = asObject(raw);
    const tokens = asObject(message.tokens);
    const isAgent = message.type === 'gemini';
    return {
      source: isAgent ? 'agent' : message.type === 'info' || message.type === 'error' ? 'system' : 'user',
      role_raw: asText(message.type),
      message: textOf(message.content),
      reasoning_content:
        asList(message.thoughts)
          .map((thought) =>
            [asText(asObject(thought).subject), asText(asObject(thought).description)].filter(Boolean).join(': '),
          )
          .join('\n') || null,
      time: message.timestamp,
      model_name: asText(message.model),
      prompt_tokens: asWhole(tokens.input),
      completion_tokens: asWhole(tokens.output),
      cached_tokens: asWhole(tokens.cached),
      reasoning_tokens: asWhole(tokens.thoughts),
      calls: asList(message.toolCalls).map(callWithResult),
    };
  });
  return {
    format: 'gemini-cli',
    fields: {
      agent_name: 'gemini-cli',
      session_id: asText(session.sessionId) ?? source.stem,
      provider_name: 'google',
      model_name: steps.map((step) => step.model_name).find(Boolean) ?? null,
      problem_statement: steps.find((step) => step.source === 'user')?.message ?? null,
    },
    started: session.startTime ?? steps[0]?.time,
    ended: session.lastUpdated ?? steps.at(-1)?.time,
    steps,
  };
}

function callWithResult(raw: unknown): CallDraft {
  const stored = asObject(raw);
  const call = callOf(asText(stored.name) ?? 'unknown', stored.args ?? stored.parameters, asText(stored.id));
  const outputs = asList(stored.result).map(
    (part) =>
      asObject(asObject(asObject(part).functionResponse).response).output ??
      asObject(asObject(asObject(part).functionResponse).response).error ??
      part,
  );
  return {
    ...call,
    result:
      outputs.length > 0 ? outputs.map(textOf).join('\n') : (asText(stored.resultDisplay) ?? textOf(stored.result)),
    is_error: stored.status === 'error' ? true : stored.status === 'success' ? false : null,
  };
}

function readStream(lines: readonly JsonObject[]): TraceDraft {
  const init = lines[0] ?? {};
  const end = lines.find((line) => line.type === 'result') ?? {};
  const stats = asObject(end.stats);
  const steps: StepDraft[] = [];
  const calls = new Map<string, CallDraft>();
  for (const line of lines) {
    if (line.type === 'message') speak(line, steps);
    else if (line.type === 'tool_use') {
      const call = callOf(asText(line.tool_name) ?? 'unknown', line.parameters, asText(line.tool_id));
      calls.set(String(line.tool_id), call);
      const last = steps.at(-1);
      if (last?.source === 'agent' && (last.calls ?? []).every((other) => other.result === undefined))
        last.calls = [...(last.calls ?? []), call];
      else steps.push({ source: 'agent', role_raw: 'assistant', message: '', time: line.timestamp, calls: [call] });
    } else if (line.type === 'tool_result') {
      const call = calls.get(String(line.tool_id));
      if (call)
        Object.assign(call, {
          result: textOf(line.output ?? asObject(line.error).message ?? ''),
          is_error: line.status === 'error',
        });
    }
  }
  return {
    format: 'gemini-cli',
    fields: {
      agent_name: 'gemini-cli',
      session_id: asText(init.session_id),
      model_name: asText(init.model),
      provider_name: 'google',
      exit_status: asText(end.status),
      prompt_tokens: asWhole(stats.input_tokens),
      completion_tokens: asWhole(stats.output_tokens),
      cached_tokens: sumKnown([asWhole(stats.cached)]),
      problem_statement: steps.find((step) => step.source === 'user')?.message ?? null,
    },
    started: init.timestamp,
    ended: end.timestamp,
    steps,
  };
}

/** Pieces of one message follow each other and are marked as such. */
function speak(line: JsonObject, steps: StepDraft[]): void {
  const source = line.role === 'assistant' ? 'agent' : 'user';
  const last = steps.at(-1);
  const text = textOf(line.content);
  if (line.delta === true && last?.source === source && (last.calls ?? []).length === 0) last.message += text;
  else steps.push({ source, role_raw: asText(line.role), message: text, time: line.timestamp, calls: [] });
}
