import { callOf } from '../calls.ts';
import {
  asFlag,
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
  type TraceDraft,
  textOf,
} from '../draft.ts';
import { goldOfInstance } from '../gold.ts';
import { type Format, repoOfInstance, type Source } from './format.ts';

const kinds =
  /^(SystemPromptEvent|MessageEvent|ActionEvent|ObservationEvent|UserRejectObservation|AgentErrorEvent|Condensation\w*|PauseEvent|InterruptEvent|ConversationErrorEvent|ConversationStateUpdateEvent|LLMCompletionLogEvent|TokenEvent|StreamingDeltaEvent|ACPToolCallEvent|HookExecutionEvent)$/;

/** One event of OpenHands V1; its own file when the command line stores conversations. */
export const isOpenHandsEvent = (value: unknown): boolean =>
  isObject(value) && typeof value.kind === 'string' && kinds.test(value.kind) && 'id' in value;

/** OpenHands V1: event files of one folder, events per line, and benchmark records with a history of events. */
export const openHandsV1: Format = {
  name: 'openhands-1',
  unit: 'session',
  signature: ['kind', 'id', 'timestamp', 'source', 'llm_message', 'tool_name'],
  matches: (value) => (Array.isArray(value) ? value.slice(0, 3).some(isOpenHandsEvent) : false),
  read: (value, source) => [readEvents(asList(value), source)],
};

export const openHandsV1Record: Format = {
  name: 'openhands-1-record',
  unit: 'record',
  signature: ['history', 'history[].kind', 'instance_id', 'metrics', 'test_result'],
  matches: (value) => !Array.isArray(value) && asList(value.history).slice(0, 3).some(isOpenHandsEvent),
  read(value, source) {
    const record = asObject(value);
    const draft = readEvents(asList(record.history), source);
    const instance = asObject(record.instance);
    const metrics = asObject(record.metrics);
    const totals = asObject(metrics.accumulated_token_usage);
    const task = asText(record.instance_id);
    return [
      {
        ...draft,
        format: 'openhands-1-record',
        fields: {
          ...draft.fields,
          task_id: task,
          repo: asText(instance.repo) ?? repoOfInstance(task),
          base_commit: asText(instance.base_commit),
          attempt: asWhole(record.attempt),
          model_name:
            asText(asObject(asObject(record.metadata).llm).model) ??
            asText(asObject(asObject(record.metadata).llm_config).model) ??
            draft.fields.model_name,
          exit_status: asText(record.error) ?? draft.fields.exit_status,
          submission: asText(asObject(record.test_result).git_patch),
          cost_usd: asNumber(metrics.accumulated_cost),
          prompt_tokens: asWhole(totals.prompt_tokens),
          completion_tokens: asWhole(totals.completion_tokens),
          cached_tokens: asWhole(totals.cache_read_tokens),
          problem_statement: asText(instance.problem_statement) ?? asText(record.instruction),
        },
        gold: goldOfInstance(instance),
        extra: { instruction: asText(record.instruction) },
      },
    ];
  },
};

/** Events in the order of their time; a folder of files may hand them over in any order. */
export function readEvents(raw: readonly Json[], source: Source): TraceDraft {
  const events = raw.filter(isOpenHandsEvent).map(asObject);
  const state: State = { steps: [], calls: new Map(), totals: {}, status: null };
  for (const event of events) handlers[String(event.kind)]?.(event, state);
  const system = events.find((event) => event.kind === 'SystemPromptEvent');
  const models = state.steps.map((step) => step.model_name).filter(Boolean);
  return {
    format: 'openhands-1',
    fields: {
      agent_name: 'openhands',
      agent_version: '1',
      session_id: source.stem.startsWith('event')
        ? (source.folder
            .split('/')
            .filter((part) => part !== 'events')
            .at(-1) ?? null)
        : source.stem,
      exit_status: state.status,
      model_name: models[0] ?? asText(state.totals.model_name),
      prompt_tokens: asWhole(asObject(state.totals.accumulated_token_usage).prompt_tokens),
      completion_tokens: asWhole(asObject(state.totals.accumulated_token_usage).completion_tokens),
      cached_tokens: asWhole(asObject(state.totals.accumulated_token_usage).cache_read_tokens),
      cost_usd: asNumber(state.totals.accumulated_cost),
      tool_definitions: system && Array.isArray(system.tools) ? JSON.stringify(system.tools) : null,
    },
    started: events[0]?.timestamp,
    ended: events.at(-1)?.timestamp,
    steps: state.steps,
  };
}

interface State {
  steps: StepDraft[];
  /** By action id and by tool call id. */
  calls: Map<string, CallDraft>;
  totals: JsonObject;
  status: string | null;
}

const handlers: Record<string, (event: JsonObject, state: State) => void> = {
  SystemPromptEvent(event, { steps }) {
    steps.push({ source: 'system', role_raw: 'system', message: textOf(event.system_prompt), time: event.timestamp });
  },
  MessageEvent(event, { steps }) {
    const message = asObject(event.llm_message);
    const source = message.role === 'assistant' ? 'agent' : message.role === 'system' ? 'system' : 'user';
    const critic = asNumber(asObject(event.critic_result).score);
    steps.push({
      source,
      role_raw: asText(message.role),
      message: textOf(message.content),
      reasoning_content: asText(message.reasoning_content),
      time: event.timestamp,
      response_id: asText(event.llm_response_id),
      extra: critic === null ? {} : { critic_score: critic },
    });
  },
  ActionEvent(event, state) {
    const stored = asObject(event.tool_call);
    const action = asObject(event.action);
    const call = callOf(asText(event.tool_name) ?? 'unknown', stored.arguments ?? action, asText(event.tool_call_id));
    if (typeof action.command === 'string' && action.kind === 'TerminalAction') call.command = action.command;
    state.calls.set(String(event.id), call);
    if (call.tool_call_id) state.calls.set(call.tool_call_id, call);
    const response = asText(event.llm_response_id);
    const previous = state.steps.at(-1);
    if (previous?.source === 'agent' && response !== null && previous.response_id === response)
      previous.calls = [...(previous.calls ?? []), call];
    else
      state.steps.push({
        source: 'agent',
        role_raw: 'agent',
        message: textOf(event.thought),
        reasoning_content: reasoning(event),
        time: event.timestamp,
        response_id: response,
        calls: [call],
        extra: event.summary ? { summary: event.summary, security_risk: event.security_risk ?? null } : {},
      });
    if (action.kind === 'FinishAction') state.status = 'finish';
  },
  ObservationEvent: observe,
  UserRejectObservation(event, state) {
    const call = state.calls.get(String(event.action_id)) ?? state.calls.get(String(event.tool_call_id));
    if (call) Object.assign(call, { result: asText(event.rejection_reason) ?? 'rejected by the user', is_error: true });
  },
  AgentErrorEvent(event, state) {
    const call = state.calls.get(String(event.tool_call_id));
    const text = asText(event.error) ?? '';
    if (call) Object.assign(call, { result: text, is_error: true });
    else
      state.steps.push({
        source: 'user',
        role_raw: 'agent_error',
        message: text,
        time: event.timestamp,
        error_kind: 'format_error',
      });
  },
  ConversationErrorEvent(event, state) {
    state.status = `error: ${asText(event.code) ?? asText(event.detail) ?? ''}`;
  },
  PauseEvent(_event, state) {
    state.status = 'paused';
  },
  InterruptEvent(_event, state) {
    state.status = 'interrupted';
  },
  Condensation(event, { steps }) {
    steps.push({
      source: 'system',
      role_raw: 'condensation',
      message: asText(event.summary) ?? '',
      time: event.timestamp,
      error_kind: 'condensed',
    });
  },
  ConversationStateUpdateEvent(event, state) {
    if (event.key === 'stats')
      state.totals = asObject(asObject(asObject(event.value).usage_to_metrics).default ?? asObject(event.value).agent);
    if (event.key === 'execution_status') state.status = asText(event.value) ?? state.status;
    if (event.key === 'full_state')
      state.totals = asObject(
        asObject(asObject(asObject(event.value).stats).usage_to_metrics).agent ??
          asObject(asObject(asObject(event.value).stats).usage_to_metrics).default ??
          state.totals,
      );
  },
};

function observe(event: JsonObject, state: State): void {
  const call = state.calls.get(String(event.action_id)) ?? state.calls.get(String(event.tool_call_id));
  const observation = asObject(event.observation);
  const text = textOf(observation.content ?? observation.output ?? observation.message);
  if (!call) {
    state.steps.push({ source: 'user', role_raw: 'observation', message: text, time: event.timestamp });
    return;
  }
  const metadata = asObject(observation.metadata);
  call.result = text;
  call.exit_code = asWhole(observation.exit_code) ?? asWhole(metadata.exit_code);
  call.is_error = asFlag(observation.is_error);
  call.working_dir = asText(metadata.working_dir);
  if (observation.timeout === true) call.extra = { ...call.extra, timeout: true };
}

const reasoning = (event: JsonObject): string | null =>
  asText(event.reasoning_content) ||
  asList(event.thinking_blocks)
    .map((block) => asText(asObject(block).thinking))
    .filter(Boolean)
    .join('\n') ||
  null;
