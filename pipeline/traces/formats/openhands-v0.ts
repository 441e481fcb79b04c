import { callOf } from '../calls.ts';
import { usageOf } from '../chat.ts';
import {
  asCount,
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
  type VerdictDraft,
} from '../draft.ts';
import { goldOfInstance } from '../gold.ts';
import { verdictOfReport } from '../outcomes/report.ts';
import { type Format, repoOfInstance, type Source } from './format.ts';

/** OpenHands 0.x: evaluation records, raw event arrays, and the resolver's flat events. */
export const openHandsV0: Format = {
  name: 'openhands-0',
  unit: 'record',
  signature: [
    'history',
    'history[].action',
    'history[].observation',
    'instance_id',
    'metadata.agent_class',
    'metrics.accumulated_cost',
    'test_result',
  ],
  matches: (value) =>
    Array.isArray(value)
      ? isEvent(value[0]) || isEvent(value[1])
      : Array.isArray(value.history) && value.history.slice(0, 3).some((event) => isEvent(event) || isPair(event)),
  read: (value, source) => [Array.isArray(value) ? readEvents(value, source) : readRecord(value, source)],
};

const isEvent = (value: unknown): boolean =>
  isObject(value) &&
  !('kind' in value) &&
  !('role' in value) &&
  (typeof value.action === 'string' || typeof value.observation === 'string') &&
  !('response' in value);
/** The oldest records keep [action, observation] pairs. */
const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && value.some(isEvent);

function readRecord(record: JsonObject, source: Source): TraceDraft {
  const draft = readEvents(
    asList(record.history).flatMap((event) => (isPair(event) ? (event as Json[]) : [event])),
    source,
  );
  const metadata = asObject(record.metadata);
  const llm = asObject(metadata.llm_config);
  const metrics = asObject(record.metrics);
  const totals = asObject(metrics.accumulated_token_usage);
  const instance = asObject(record.instance);
  const issue = asObject(record.issue);
  const test = asObject(record.test_result);
  const task =
    asText(record.instance_id) ??
    (isObject(record.issue) ? `${asText(issue.owner)}__${asText(issue.repo)}-${asWhole(issue.number)}` : null);
  return {
    ...draft,
    format: isObject(record.issue) ? 'openhands-0-resolver' : 'openhands-0',
    fields: {
      ...draft.fields,
      agent_name: asText(metadata.agent_class) ?? 'openhands',
      agent_version: asText(metadata.git_commit),
      model_name: asText(llm.model) ?? draft.fields.model_name,
      task_id: task,
      repo: asText(instance.repo) ?? repoOfInstance(task),
      base_commit: asText(instance.base_commit) ?? (asText(record.base_commit) || null),
      run_id: asText(metadata.eval_output_dir)?.split('/').at(-1) ?? null,
      exit_status: asText(record.error) ?? draft.fields.exit_status,
      submission: asText(test.git_patch) ?? asText(record.git_patch),
      prompt_tokens:
        asWhole(totals.prompt_tokens) ??
        sumKnown(asList(metrics.token_usages).map((u) => asWhole(asObject(u).prompt_tokens))),
      completion_tokens:
        asWhole(totals.completion_tokens) ??
        sumKnown(asList(metrics.token_usages).map((u) => asWhole(asObject(u).completion_tokens))),
      cached_tokens: asWhole(totals.cache_read_tokens),
      cost_usd: asNumber(metrics.accumulated_cost),
      api_calls: asCount(asList(metrics.costs).length) || draft.fields.api_calls,
      problem_statement: asText(instance.problem_statement) ?? asText(issue.body) ?? asText(record.instruction),
    },
    gold: goldOfInstance(instance),
    verdict: verdictOf(record, test),
    extra: {
      instruction: asText(record.instruction),
      max_iterations: metadata.max_iterations ?? null,
      details: metadata.details ?? null,
    },
  };
}

function verdictOf(record: JsonObject, test: JsonObject): VerdictDraft | undefined {
  if (isObject(test.report)) return verdictOfReport(test.report) ?? undefined;
  const resolved = asObject(test.result).resolved ?? record.resolved;
  return typeof resolved === 'boolean'
    ? { source: 'openhands_record', outcome: resolved ? 'resolved' : 'unresolved' }
    : undefined;
}

const ignored = new Set(['recall', 'change_agent_state', 'agent_state_changed', 'null', 'system', 'condensation']);

function readEvents(events: readonly Json[], source: Source): TraceDraft {
  const steps: StepDraft[] = [];
  const byId = new Map<number, CallDraft>();
  const pending: CallDraft[] = [];
  let finish: string | null = null;
  for (const raw of events) {
    const event = asObject(raw);
    const action = asText(event.action);
    const observation = asText(event.observation);
    if (observation !== null) fold(event, observation, byId, pending, steps);
    else if (action === 'message' || action === 'system') steps.push(messageOf(event, action));
    else if (action !== null && !ignored.has(action)) {
      const call = callOfAction(event, action);
      addCall(steps, event, call);
      if (typeof event.id === 'number') byId.set(event.id, call);
      pending.push(call);
      if (action === 'finish' || action === 'reject') finish = action;
    }
  }
  const models = steps.map((step) => step.model_name).filter(Boolean);
  return {
    format: 'openhands-0-events',
    fields: { agent_name: 'openhands', exit_status: finish, model_name: models[0] ?? null, session_id: source.stem },
    started: asObject(events[0]).timestamp,
    ended: asObject(events.at(-1)).timestamp,
    steps,
  };
}

function messageOf(event: JsonObject, action: string): StepDraft {
  const args = asObject(event.args);
  const isAgent =
    action === 'message' &&
    (event.source === 'agent' ||
      (event.source === undefined && 'wait_for_response' in event && event.wait_for_response === true));
  return {
    source: action === 'system' ? 'system' : isAgent ? 'agent' : 'user',
    role_raw: asText(event.source),
    message: asText(args.content) ?? asText(event.content) ?? asText(event.message) ?? '',
    time: event.timestamp,
    ...(isAgent ? responseOf(event) : {}),
  };
}

const responseOf = (event: JsonObject): Partial<StepDraft> => {
  const response = asObject(asObject(event.tool_call_metadata).model_response);
  const usage = isObject(response.usage)
    ? response.usage
    : asObject(asList(asObject(event.llm_metrics).token_usages).at(-1));
  return {
    response_id: asText(response.id),
    model_name: asText(response.model),
    ...usageOf(usage),
    finish_reason: asText(asObject(asList(response.choices)[0]).finish_reason),
  };
};

/** Calls that one model response made in parallel are one step. */
function addCall(steps: StepDraft[], event: JsonObject, call: CallDraft): void {
  const response = responseOf(event);
  const previous = steps.at(-1);
  if (previous?.source === 'agent' && response.response_id && previous.response_id === response.response_id) {
    previous.calls = [...(previous.calls ?? []), call];
    return;
  }
  const args = isObject(event.args) ? event.args : event;
  const inner = asObject(
    asObject(asList(asObject(asObject(event.tool_call_metadata).model_response).choices)[0]).message,
  );
  steps.push({
    source: 'agent',
    role_raw: asText(event.source) ?? 'agent',
    message: asText(args.thought) || textOf(inner.content),
    reasoning_content: asText(inner.reasoning_content),
    time: event.timestamp,
    calls: [call],
    ...response,
  });
}

function callOfAction(event: JsonObject, action: string): CallDraft {
  const meta = asObject(event.tool_call_metadata);
  const flat = Object.fromEntries(
    Object.entries(event).filter(
      ([key]) => !['thought', 'action', 'keep_prompt', 'is_confirmed', 'action_risk', 'kernel_init_code'].includes(key),
    ),
  );
  const args = isObject(event.args)
    ? Object.fromEntries(Object.entries(event.args).filter(([key]) => key !== 'thought'))
    : flat;
  const stored = asObject(
    asList(asObject(asObject(asList(asObject(meta.model_response).choices)[0]).message).tool_calls).find(
      (call) => asObject(call).id === meta.tool_call_id,
    ),
  );
  const name = asText(meta.function_name) ?? action;
  const call = callOf(name, asObject(stored.function).arguments ?? args, asText(meta.tool_call_id));
  if (action === 'run') call.command = asText(args.command) ?? call.command;
  if (action === 'run_ipython') call.command = asText(args.code) ?? call.command;
  return call;
}

function fold(
  event: JsonObject,
  observation: string,
  byId: Map<number, CallDraft>,
  pending: CallDraft[],
  steps: StepDraft[],
): void {
  const cause = typeof event.cause === 'number' ? byId.get(event.cause) : undefined;
  const call = cause ?? ('id' in event ? undefined : pending.find((waiting) => waiting.result === undefined));
  if (!call) {
    if (observation === 'error')
      steps.push({
        source: 'user',
        role_raw: asText(event.source),
        message: asText(event.content) ?? '',
        time: event.timestamp,
        error_kind: 'environment_error',
      });
    return;
  }
  const extras = asObject(event.extras);
  const metadata = asObject(extras.metadata);
  call.result = asText(event.content) ?? '';
  call.exit_code = asWhole(metadata.exit_code) ?? asWhole(extras.exit_code) ?? asWhole(event.exit_code);
  call.working_dir = asText(metadata.working_dir);
  if (observation === 'error' || event.success === false) call.is_error = true;
}
