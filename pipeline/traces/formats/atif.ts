import { callOf } from '../calls.ts';
import {
  asCount,
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
import { type Format, has, type Source } from './format.ts';

/** Agent Trajectory Interchange Format 1.0 to 1.7, and maps of several documents. Lenient: real files break the text. */
export const atif: Format = {
  name: 'atif',
  unit: 'record',
  signature: ['schema_version', 'steps', 'agent', 'session_id', 'final_metrics', 'steps[].step_id', 'steps[].source'],
  matches: (value) =>
    !Array.isArray(value) &&
    (isDocument(value) || (Object.keys(value).length > 0 && Object.values(value).every(isDocument))),
  read(value, source) {
    const root = asObject(value);
    if (isDocument(root)) return [readDocument(root, source)];
    return Object.values(root).map((document) => readDocument(asObject(document), source));
  },
};

const isDocument = (value: unknown): boolean =>
  has(value, 'steps', 'agent') &&
  Array.isArray((value as JsonObject).steps) &&
  (/^ATIF-/.test(String((value as JsonObject).schema_version)) ||
    has(asList((value as JsonObject).steps)[0], 'step_id', 'source'));

function readDocument(document: JsonObject, source: Source): TraceDraft {
  const agent = asObject(document.agent);
  const totals = asObject(document.final_metrics);
  const raw = asList(document.steps).map(asObject);
  const { steps, orphans, references } = readSteps(raw);
  const usesOpenClaw = raw.some((step) => 'openclaw_role' in asObject(step.extra));
  const prompt = asWhole(totals.total_prompt_tokens);
  const cached = asWhole(totals.total_cached_tokens);
  return {
    format: 'atif',
    version: asText(document.schema_version)?.replace(/^ATIF-v/, '') ?? null,
    fields: {
      agent_name: asText(agent.name),
      agent_version: asText(agent.version),
      model_name: asText(agent.model_name) ?? raw.map((step) => asText(step.model_name)).find(Boolean) ?? null,
      session_id: asText(document.session_id),
      trajectory_id: asText(document.trajectory_id) ?? asText(document.session_id),
      // prompt tokens include the cached ones; OpenClaw counts them apart
      prompt_tokens: prompt === null ? null : usesOpenClaw || (cached ?? 0) > prompt ? prompt + (cached ?? 0) : prompt,
      completion_tokens: asWhole(totals.total_completion_tokens),
      cached_tokens: cached,
      cost_usd: asNumber(totals.total_cost_usd),
      tool_definitions: Array.isArray(agent.tool_definitions) ? JSON.stringify(agent.tool_definitions) : null,
      problem_statement: raw.map((step) => (step.source === 'user' ? textOf(step.message) : '')).find(Boolean) ?? null,
    },
    started: raw[0]?.timestamp,
    ended: raw.at(-1)?.timestamp,
    steps,
    extra: {
      notes: document.notes ?? null,
      continued_trajectory_ref: document.continued_trajectory_ref ?? null,
      agent_extra: agent.extra ?? null,
      subagents: references,
    },
    flags: [...(orphans > 0 ? ['orphan_result'] : []), ...(document.continued_trajectory_ref ? ['continued'] : [])],
    children: asList(document.subagent_trajectories).map((child) => readDocument(asObject(child), source)),
    link_id: asText(document.trajectory_id) ?? asText(document.session_id),
  };
}

interface Read {
  steps: StepDraft[];
  orphans: number;
  /** Sessions of agents that calls started. */
  references: string[];
}

function readSteps(raw: readonly JsonObject[]): Read {
  const steps: StepDraft[] = [];
  const open = new Map<string, CallDraft>();
  const references: string[] = [];
  let orphans = 0;
  for (const step of raw) {
    const extra = asObject(step.extra);
    if (
      extra.openclaw_role === 'toolResult' ||
      (asText(extra.tool_call_id) !== null && step.tool_calls === undefined && step.source !== 'user')
    ) {
      if (foldSeparate(step, extra, open)) continue;
      orphans++;
    }
    const draft = readStep(step, extra);
    steps.push(draft);
    for (const call of draft.calls ?? []) if (call.tool_call_id) open.set(call.tool_call_id, call);
    orphans += foldResults(step, draft, open, references);
  }
  return { steps, orphans, references };
}

/** OpenClaw writes a result as a step of its own, linked by an id in `extra`. */
function foldSeparate(step: JsonObject, extra: JsonObject, open: Map<string, CallDraft>): boolean {
  const call = open.get(String(extra.tool_call_id));
  if (!call || call.result !== undefined) return false;
  call.result =
    asList(asObject(step.observation).results)
      .map((result) => textOf(asObject(result).content))
      .join('\n') || textOf(step.message);
  call.exit_code = asWhole(extra.exec_exit_code);
  call.duration_ms = asNumber(extra.exec_duration_ms);
  call.extra = { ...call.extra, exec_status: extra.exec_status ?? null, source_step: step.step_id ?? null };
  if (extra.is_error === true) call.is_error = true;
  return true;
}

function readStep(step: JsonObject, extra: JsonObject): StepDraft {
  const metrics = asObject(step.metrics);
  const prompt = asWhole(metrics.prompt_tokens);
  const cached = asWhole(metrics.cached_tokens);
  return {
    source: step.source === 'agent' ? 'agent' : step.source === 'system' ? 'system' : 'user',
    role_raw: asText(extra.openclaw_role) ?? asText(step.source),
    message: textOf(step.message),
    reasoning_content: asText(step.reasoning_content),
    time: step.timestamp,
    model_name: asText(step.model_name),
    prompt_tokens: prompt === null ? null : (cached ?? 0) > prompt ? prompt + cached! : prompt,
    completion_tokens: asWhole(metrics.completion_tokens),
    cached_tokens: cached,
    reasoning_tokens: asWhole(asObject(metrics.extra).reasoning_tokens),
    cost_usd: asNumber(metrics.cost_usd),
    finish_reason: asText(extra.stop_reason),
    is_copied_context: step.is_copied_context === true,
    calls: asList(step.tool_calls).map((raw) => {
      const call = asObject(raw);
      const draft = callOf(asText(call.function_name) ?? 'unknown', call.arguments, asText(call.tool_call_id));
      return isObject(call.extra) ? { ...draft, extra: call.extra } : draft;
    }),
    extra: {
      step_id: step.step_id ?? null,
      llm_call_count: asCount(step.llm_call_count),
      reasoning_effort: step.reasoning_effort ?? null,
    },
  };
}

/** Results of this step's own calls: by id, else in order. A result without a call belongs to the step before. */
function foldResults(step: JsonObject, draft: StepDraft, open: Map<string, CallDraft>, references: string[]): number {
  const results = asList(asObject(step.observation).results).map(asObject);
  let orphans = 0;
  for (const result of results) {
    const id = asText(result.source_call_id);
    const call =
      (id === null ? undefined : open.get(id)) ?? draft.calls?.find((candidate) => candidate.result === undefined);
    for (const reference of asList(result.subagent_trajectory_ref))
      references.push(
        String(
          asObject(reference).trajectory_id ?? asObject(reference).session_id ?? asObject(reference).trajectory_path,
        ),
      );
    const text = textOf(result.content);
    if (call && call.result === undefined) call.result = text;
    else if (call) call.result = `${call.result}\n${text}`;
    else if (draft.source === 'agent' && text !== draft.message)
      draft.extra = { ...draft.extra, observation: text.slice(0, 20_000) };
    else if (draft.source !== 'agent' && draft.message === '') draft.message = text;
    else orphans++;
    if (call) call.extra = { ...call.extra, ...(isObject(result.extra) ? result.extra : {}) };
  }
  return orphans;
}
