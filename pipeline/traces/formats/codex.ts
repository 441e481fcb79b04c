import { callOf, unwrapResult } from '../calls.ts';
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
  type TraceDraft,
  textOf,
} from '../draft.ts';
import type { Format, Source } from './format.ts';

const lineTypes = new Set(['session_meta', 'turn_context', 'response_item', 'event_msg', 'compacted']);
const itemTypes = new Set([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'local_shell_call',
  'custom_tool_call',
  'custom_tool_call_output',
  'web_search_call',
]);

/** Codex rollouts, and the bare items of before September 2025. Response items are read; events repeat them. */
export const codex: Format = {
  name: 'codex',
  unit: 'session',
  signature: ['type', 'payload', 'timestamp', 'payload.type', 'payload.cwd'],
  matches: (value) =>
    Array.isArray(value) &&
    (value.slice(0, 5).some((line) => isObject(line) && lineTypes.has(String(line.type)) && isObject(line.payload)) ||
      isLegacy(value)),
  read: (value, source) => [readRollout(asList(value).map(asObject), source)],
};

const isLegacy = (lines: readonly unknown[]): boolean =>
  isObject(lines[0]) &&
  'timestamp' in lines[0] &&
  ('instructions' in lines[0] || 'git' in lines[0]) &&
  lines
    .slice(1, 8)
    .some((line) => isObject(line) && (itemTypes.has(String(line.type)) || line.record_type === 'state'));

function readRollout(lines: readonly JsonObject[], source: Source): TraceDraft {
  const isNew = lines.some((line) => lineTypes.has(String(line.type)) && isObject(line.payload));
  const meta = isNew ? asObject(lines.find((line) => line.type === 'session_meta')?.payload) : (lines[0] ?? {});
  const turn = asObject(lines.find((line) => line.type === 'turn_context')?.payload);
  const steps: StepDraft[] = [];
  const calls = new Map<string, CallDraft>();
  let totals: JsonObject = {};
  let status: string | null = null;
  let pending = '';
  for (const line of lines) {
    const item = isNew ? asObject(line.payload) : line;
    if (isNew && line.type === 'event_msg') {
      if (item.type === 'token_count') {
        totals = isObject(asObject(item.info).total_token_usage)
          ? asObject(asObject(item.info).total_token_usage)
          : totals;
        creditTurn(steps, asObject(asObject(item.info).last_token_usage));
      }
      if (item.type === 'turn_aborted') status = `aborted: ${asText(item.reason) ?? ''}`;
      continue;
    }
    if (isNew && line.type !== 'response_item') continue;
    pending = readItem(item, line.timestamp, steps, calls, pending);
  }
  const input = asWhole(totals.input_tokens);
  const repo = asText(asObject(meta.git).repository_url)?.match(/[:/]([^/:]+\/[^/]+?)(?:\.git)?$/)?.[1] ?? null;
  return {
    format: isNew ? 'codex' : 'codex-legacy',
    version: asText(meta.cli_version),
    fields: {
      agent_name: asText(meta.originator) ?? 'codex',
      agent_version: asText(meta.cli_version),
      session_id: asText(meta.id) ?? source.stem,
      model_name: asText(turn.model),
      provider_name: asText(meta.model_provider),
      repo,
      base_commit: asText(asObject(meta.git).commit_hash),
      prompt_tokens: input,
      completion_tokens: asWhole(totals.output_tokens),
      cached_tokens: asWhole(totals.cached_input_tokens),
      reasoning_tokens: asWhole(totals.reasoning_output_tokens),
      exit_status: status,
      problem_statement:
        steps.find(
          (step) =>
            step.source === 'user' && !/^\s*<(?:environment_context|user_instructions|ENVIRONMENT)/.test(step.message),
        )?.message ?? null,
    },
    started: meta.timestamp ?? lines[0]?.timestamp,
    ended: lines.findLast((line) => 'timestamp' in line)?.timestamp,
    steps,
    extra: {
      cwd: turn.cwd ?? meta.cwd ?? null,
      approval_policy: turn.approval_policy ?? null,
      effort: turn.effort ?? null,
    },
  };
}

/** Reasoning waits for the message or call it belongs to: returned until then. */
function readItem(
  item: JsonObject,
  time: unknown,
  steps: StepDraft[],
  calls: Map<string, CallDraft>,
  pending: string,
): string {
  switch (item.type) {
    case 'message': {
      const source =
        item.role === 'assistant' ? 'agent' : item.role === 'system' || item.role === 'developer' ? 'system' : 'user';
      steps.push({
        source,
        role_raw: asText(item.role),
        message: textOf(item.content),
        time,
        calls: [],
        ...(source === 'agent' && pending ? { reasoning_content: pending } : {}),
      });
      return source === 'agent' ? '' : pending;
    }
    case 'reasoning':
      return [pending, ...asList(item.summary).map((part) => textOf(part)), textOf(item.content)]
        .filter(Boolean)
        .join('\n');
    case 'function_call':
    case 'custom_tool_call':
    case 'local_shell_call':
      addCall(steps, calls, callOfItem(item), time, pending);
      return '';
    case 'function_call_output':
    case 'custom_tool_call_output': {
      const call = calls.get(String(item.call_id));
      if (call) Object.assign(call, outputOf(item.output));
      return pending;
    }
    default:
      return pending;
  }
}

function callOfItem(item: JsonObject): CallDraft {
  const id = asText(item.call_id) ?? asText(item.id);
  if (item.type === 'local_shell_call') return callOf('shell', asObject(item.action), id);
  return callOf(asText(item.name) ?? 'unknown', item.arguments ?? item.input, id);
}

function outputOf(output: unknown): Partial<CallDraft> {
  const content = isObject(output) ? textOf(output.content) : textOf(output);
  const parts = unwrapResult(content);
  const failed = isObject(output) && output.success === false ? { is_error: true } : {};
  return { ...parts, ...failed };
}

/** Calls directly after the agent's own message are part of that turn. */
function addCall(
  steps: StepDraft[],
  calls: Map<string, CallDraft>,
  call: CallDraft,
  time: unknown,
  pending: string,
): void {
  if (call.tool_call_id) calls.set(call.tool_call_id, call);
  const previous = steps.at(-1);
  const isSameTurn =
    previous?.source === 'agent' && !pending && (previous.calls ?? []).every((other) => other.result === undefined);
  if (isSameTurn) previous.calls = [...(previous.calls ?? []), call];
  else
    steps.push({
      source: 'agent',
      role_raw: 'assistant',
      message: '',
      time,
      calls: [call],
      reasoning_content: pending || null,
    });
}

function creditTurn(steps: StepDraft[], usage: JsonObject): void {
  const step = steps.findLast((candidate) => candidate.source === 'agent');
  if (!step || step.prompt_tokens !== undefined || asNumber(usage.input_tokens) === null) return;
  step.prompt_tokens = asWhole(usage.input_tokens);
  step.cached_tokens = asWhole(usage.cached_input_tokens);
  step.completion_tokens = asWhole(usage.output_tokens);
  step.reasoning_tokens = asWhole(usage.reasoning_output_tokens);
}
