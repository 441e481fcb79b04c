import { callOf } from '../calls.ts';
import {
  asCount,
  asFlag,
  asList,
  asNumber,
  asObject,
  asText,
  asWhole,
  type CallDraft,
  isObject,
  type JsonObject,
  type StepDraft,
  type TraceDraft,
  textOf,
} from '../draft.ts';
import type { Format, Source } from './format.ts';

const lineTypes = new Set([
  'user',
  'assistant',
  'summary',
  'file-history-snapshot',
  'system',
  'progress',
  'queue-operation',
  'attachment',
  'custom-title',
  'tag',
  'agent-name',
]);

/** Claude Code sessions: one message is spread over several lines that repeat its usage, so lines are grouped by message id. */
export const claudeCode: Format = {
  name: 'claude-code',
  unit: 'session',
  signature: ['type', 'uuid', 'parentUuid', 'sessionId', 'message.role', 'isSidechain'],
  matches: (value) =>
    Array.isArray(value) &&
    value
      .slice(0, 60)
      .some(
        (line) =>
          isObject(line) &&
          lineTypes.has(String(line.type)) &&
          ('parentUuid' in line ||
            'leafUuid' in line ||
            ('sessionId' in line && ('uuid' in line || 'operation' in line)) ||
            ('snapshot' in line && 'messageId' in line)),
      ),
  read: (value, source) => [readSession(asList(value).map(asObject), source)],
};

function readSession(lines: readonly JsonObject[], source: Source): TraceDraft {
  const steps: StepDraft[] = [];
  const byMessage = new Map<string, StepDraft>();
  const calls = new Map<string, CallDraft>();
  for (const line of lines) {
    if (line.type === 'assistant') speak(line, steps, byMessage, calls);
    else if (line.type === 'user') hear(line, steps, calls);
    else if (line.type === 'system' && typeof line.content === 'string')
      steps.push({
        source: 'system',
        role_raw: asText(line.subtype) ?? 'system',
        message: line.content,
        time: line.timestamp,
        error_kind: line.subtype === 'compact_boundary' ? 'condensed' : null,
      });
  }
  const first = lines.find((line) => 'sessionId' in line) ?? {};
  const placed = lines.find((line) => 'cwd' in line) ?? {};
  const agent = asText(lines.find((line) => 'agentId' in line && line.isSidechain === true)?.agentId);
  const isSide = agent !== null && /(^|\/)(subagents\/|agent-)/.test(source.uri);
  const times = lines.map((line) => asText(line.timestamp)).filter((time) => time !== null);
  return {
    format: 'claude-code',
    version: asText(placed.version),
    fields: {
      agent_name: isSide ? 'claude-code-subagent' : 'claude-code',
      agent_version: asText(placed.version),
      session_id: asText(first.sessionId),
      trajectory_id: isSide ? agent : asText(first.sessionId),
      model_name: steps.map((step) => step.model_name).find((model) => model && model !== '<synthetic>') ?? null,
      provider_name: 'anthropic',
      repo: asText(placed.cwd)?.split(/[\\/]/).at(-1) ?? null,
      problem_statement:
        steps.find((step) => step.source === 'user' && step.message !== '' && !step.message.startsWith('<'))?.message ??
        null,
    },
    started: times[0],
    ended: times.at(-1),
    steps,
    extra: {
      cwd: placed.cwd ?? null,
      git_branch: placed.gitBranch ?? null,
      summaries: lines
        .filter((line) => line.type === 'summary')
        .map((line) => asText(line.summary))
        .slice(0, 20),
    },
    ...(isSide ? { link_id: agent, flags: ['sidechain'] } : {}),
  };
}

function speak(
  line: JsonObject,
  steps: StepDraft[],
  byMessage: Map<string, StepDraft>,
  calls: Map<string, CallDraft>,
): void {
  const message = asObject(line.message);
  const id = asText(message.id) ?? asText(line.requestId) ?? String(line.uuid);
  let step = byMessage.get(id);
  if (!step) {
    step = {
      source: 'agent',
      role_raw: 'assistant',
      message: '',
      time: line.timestamp,
      response_id: id,
      model_name: asText(message.model),
      calls: [],
      is_sidechain: line.isSidechain === true,
      agent_role: asText(line.agentId),
    };
    if (line.isApiErrorMessage === true) step.error_kind = 'api_error';
    byMessage.set(id, step);
    steps.push(step);
  }
  // later lines of one message carry the final counts
  Object.assign(step, usage(asObject(message.usage)), {
    finish_reason: asText(message.stop_reason) ?? step.finish_reason ?? null,
  });
  if (typeof message.content === 'string') step.message = joined(step.message, message.content);
  for (const raw of asList(message.content)) {
    const part = asObject(raw);
    if (part.type === 'text') step.message = joined(step.message, asText(part.text) ?? '');
    if (part.type === 'thinking')
      step.reasoning_content = joined(step.reasoning_content ?? '', asText(part.thinking) ?? '') || null;
    if (part.type !== 'tool_use' && part.type !== 'server_tool_use') continue;
    const call = callOf(asText(part.name) ?? 'unknown', part.input, asText(part.id));
    step.calls!.push(call);
    if (call.tool_call_id) calls.set(call.tool_call_id, call);
  }
}

/** Prompt tokens include what was read from and written to the cache. */
function usage(value: JsonObject): Partial<StepDraft> {
  if (!('input_tokens' in value)) return {};
  const [input, read, written] = [
    asWhole(value.input_tokens) ?? 0,
    asWhole(value.cache_read_input_tokens) ?? 0,
    asWhole(value.cache_creation_input_tokens) ?? 0,
  ];
  return {
    prompt_tokens: input + read + written,
    cached_tokens: read,
    completion_tokens: asWhole(value.output_tokens),
  };
}

const joined = (before: string, text: string): string =>
  before === '' ? text : text === '' ? before : `${before}\n${text}`;

function hear(line: JsonObject, steps: StepDraft[], calls: Map<string, CallDraft>): void {
  const message = asObject(line.message);
  const details = asObject(line.toolUseResult);
  const said: string[] = [];
  if (typeof message.content === 'string') said.push(message.content);
  for (const raw of asList(message.content)) {
    const part = asObject(raw);
    if (part.type === 'tool_result') fold(part, details, calls);
    else said.push(textOf(part));
  }
  const text = said.join('\n');
  if (text !== '')
    steps.push({
      source: 'user',
      role_raw: 'user',
      message: text,
      time: line.timestamp,
      is_sidechain: line.isSidechain === true,
      error_kind: line.isCompactSummary === true ? 'condensed' : null,
      is_copied_context: line.isMeta === true,
    });
}

function fold(part: JsonObject, details: JsonObject, calls: Map<string, CallDraft>): void {
  const call = calls.get(String(part.tool_use_id));
  if (!call) return;
  call.result = textOf(part.content);
  call.is_error = asFlag(part.is_error);
  const code = call.result.match(/^(?:Error: )?Exit code (\d+)/)?.[1];
  call.exit_code = code === undefined ? null : Number(code);
  call.duration_ms = asNumber(details.totalDurationMs) ?? asNumber(details.durationMs);
  if (typeof details.agentId === 'string')
    call.extra = { ...call.extra, agent_id: details.agentId, total_tokens: asCount(details.totalTokens) };
}
