import { callOf, unwrapResult } from '../calls.ts';
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
  unwrapJson,
  type VerdictDraft,
} from '../draft.ts';
import { goldOfInstance } from '../gold.ts';
import { verdictOfReport } from '../outcomes/report.ts';
import { type Format, has, repoOfInstance } from './format.ts';

/** NeMo-Gym roll-outs: OpenAI Responses items with a reward. */
export const nemoGym: Format = {
  name: 'nemo-gym',
  unit: 'record',
  signature: ['responses_create_params', 'response.output', 'reward', '_ng_task_index', 'agent_ref'],
  matches: (value) => has(value, 'responses_create_params', 'response'),
  read: (value) => [readRollout(asObject(value))],
};

function readRollout(row: JsonObject): TraceDraft {
  const request = asObject(row.responses_create_params);
  const response = asObject(row.response);
  const task = asObject(request.metadata);
  const metadata = asObject(row.metadata);
  const trial = asObject(metadata.agent_result);
  const usage = asObject(response.usage);
  const id = asText(row.instance_id) ?? asText(task.instance_id) ?? asText(metadata.instance_id);
  const instance = asObject(unwrapJson(task.instance_dict));
  const input = asWhole(usage.input_tokens) || asWhole(trial.n_input_tokens);
  return {
    format: 'nemo-gym',
    fields: {
      agent_name: asText(asObject(row.agent_ref).name) ?? asText(asObject(metadata.agent_info).name),
      agent_version: asText(asObject(metadata.agent_info).version),
      model_name: asText(response.model) ?? asText(request.model),
      task_id: id,
      repo: asText(instance.repo) ?? repoOfInstance(id),
      base_commit: asText(instance.base_commit),
      run_id: asText(asObject(row.instance_config).run_session_id) ?? asText(asObject(metadata.config).job_id),
      attempt: asCount(row._ng_rollout_index),
      session_id: asText(response.id),
      exit_status:
        row.agent_timed_out === true
          ? 'agent_timed_out'
          : (asText(row.agent_error_kind) ?? asText(row.error_kind) ?? asText(response.status)),
      submission: asText(row.model_patch) ?? asText(metadata.model_patch),
      prompt_tokens: input || null,
      completion_tokens: asWhole(usage.output_tokens) || asWhole(trial.n_output_tokens) || null,
      cached_tokens: asWhole(asObject(usage.input_tokens_details).cached_tokens),
      cost_usd: asNumber(trial.cost_usd),
      problem_statement: asText(task.problem_statement) ?? asText(instance.problem_statement),
      tool_definitions: asList(request.tools).length > 0 ? JSON.stringify(request.tools) : null,
    },
    started: metadata.started_at ?? response.created_at,
    ended: metadata.finished_at,
    steps: itemSteps([...asList(request.input), ...asList(response.output)].map(asObject)),
    gold: goldOfInstance(instance),
    verdict: verdictOf(row, metadata),
    extra: {
      task_index: row._ng_task_index ?? null,
      mask_sample: row.mask_sample ?? null,
      temperature: request.temperature ?? null,
    },
  };
}

function verdictOf(row: JsonObject, metadata: JsonObject): VerdictDraft | undefined {
  const reward = asNumber(row.reward);
  const report = isObject(metadata.eval_report) ? verdictOfReport(metadata.eval_report) : null;
  if (report) return { ...report, reward };
  const infra = row.eval_timed_out === true || row.error_kind === 'infra';
  if (typeof row.resolved === 'boolean')
    return {
      source: 'nemo_gym',
      outcome: row.resolved ? 'resolved' : 'unresolved',
      reward,
      is_patch_applied: null,
      is_infra_failure: infra,
    };
  return reward === null
    ? undefined
    : { source: 'nemo_gym', outcome: reward >= 1 ? 'resolved' : reward > 0 ? 'partial' : 'unresolved', reward };
}

/** Responses items as turns: calls and text between two outputs belong to one turn. */
export function itemSteps(items: readonly JsonObject[]): StepDraft[] {
  const steps: StepDraft[] = [];
  const calls = new Map<string, CallDraft>();
  let isOpen = false;
  let reasoning = '';
  const current = (): StepDraft => {
    const last = steps.at(-1);
    if (isOpen && last) return last;
    isOpen = true;
    const step: StepDraft = {
      source: 'agent',
      role_raw: 'assistant',
      message: '',
      calls: [],
      reasoning_content: reasoning || null,
    };
    reasoning = '';
    steps.push(step);
    return step;
  };
  for (const item of items) {
    const kind = asText(item.type) ?? 'message';
    if (kind === 'message' && item.role !== 'assistant') {
      isOpen = false;
      steps.push({
        source: item.role === 'system' || item.role === 'developer' ? 'system' : 'user',
        role_raw: asText(item.role),
        message: textOf(item.content),
      });
    } else if (kind === 'message') {
      if (isOpen && (steps.at(-1)?.message !== '' || steps.at(-1)!.calls!.length > 0)) isOpen = false;
      const step = current();
      step.message = textOf(item.content);
      step.response_id = asText(item.id);
    } else if (kind === 'reasoning') reasoning = asList(item.summary).map(textOf).join('\n') || textOf(item.content);
    else if (kind === 'function_call') {
      const call = callOf(asText(item.name) ?? 'unknown', item.arguments, asText(item.call_id));
      current().calls!.push(call);
      calls.set(String(item.call_id), call);
    } else if (kind === 'function_call_output') {
      isOpen = false;
      const call = calls.get(String(item.call_id));
      if (call) Object.assign(call, unwrapResult(textOf(item.output)));
    }
  }
  return steps;
}
