import { callOf } from '../calls.ts';
import {
  asList,
  asNumber,
  asObject,
  asText,
  asWhole,
  isObject,
  type JsonObject,
  type StepDraft,
  sumKnown,
  type TraceDraft,
  textOf,
  type VerdictDraft,
} from '../draft.ts';
import { goldOfInstance } from '../gold.ts';
import { type Format, has, repoOfInstance, type Source } from './format.ts';

/** Moatless trajectories: a chain of state transitions, each with its actions. */
export const moatless: Format = {
  name: 'moatless',
  unit: 'record',
  signature: ['transitions', 'initial_message', 'workspace', 'info.instance_id', 'transition_rules'],
  matches: (value) =>
    has(value, 'transitions', 'initial_message') ||
    (has(value, 'transitions', 'info') &&
      asList((value as JsonObject).transitions).some(
        (transition) => has(transition, 'actions') || has(transition, 'state'),
      )),
  read: (value, source) => [readTrajectory(asObject(value), source)],
};

function readTrajectory(document: JsonObject, source: Source): TraceDraft {
  const info = asObject(document.info);
  const transitions = asList(document.transitions).map(asObject);
  const task = asText(info.instance_id) ?? source.stem;
  const asked: StepDraft = {
    source: 'user',
    role_raw: 'initial_message',
    message: asText(document.initial_message) ?? '',
  };
  const steps = [asked, ...transitions.flatMap(stepsOf)];
  return {
    format: 'moatless',
    fields: {
      agent_name: 'moatless',
      model_name: asText(info.model) ?? asText(asObject(asObject(document.transition_rules).global_params).model),
      task_id: task,
      repo: repoOfInstance(task),
      exit_status: asText(info.status) ?? asText(info.error),
      submission: asText(info.submission),
      cost_usd: asNumber(info.total_cost),
      prompt_tokens: asWhole(info.prompt_tokens) ?? sumKnown(steps.map((step) => step.prompt_tokens)),
      completion_tokens: asWhole(info.completion_tokens) ?? sumKnown(steps.map((step) => step.completion_tokens)),
      problem_statement: asText(document.initial_message),
    },
    steps,
    gold: goldOfInstance(document.instance),
    verdict: verdictOf(info),
    extra: { duration: asNumber(info.duration), current_transition_id: document.current_transition_id ?? null },
  };
}

const verdictOf = (info: JsonObject): VerdictDraft | undefined =>
  typeof info.resolved === 'boolean'
    ? { source: 'moatless', outcome: info.resolved ? 'resolved' : 'unresolved' }
    : undefined;

/** One step per action of a transition; the state's name says which part of the machine acted. */
function stepsOf(transition: JsonObject): StepDraft[] {
  const state = asObject(transition.state);
  const name = asText(state.name) ?? asText(transition.name) ?? 'transition';
  const actions = asList(transition.actions).map(asObject);
  if (actions.length === 0) return [];
  return actions.map((entry) => {
    const action = asObject(entry.action);
    const usage = asObject(asObject(entry.completion ?? entry.usage).usage ?? entry.usage);
    const response = asObject(entry.response);
    const { thoughts, scratch_pad, action_name, ...args } = action;
    const output =
      asText(response.output) ??
      asText(asObject(response.output).message) ??
      asText(response.message) ??
      (isObject(response.output) ? JSON.stringify(response.output) : null);
    return {
      source: 'agent',
      role_raw: name,
      agent_role: name,
      message: asText(thoughts) ?? asText(scratch_pad) ?? textOf(action.content),
      time: transition.timestamp,
      prompt_tokens: asWhole(usage.prompt_tokens),
      completion_tokens: asWhole(usage.completion_tokens),
      cost_usd: asNumber(usage.completion_cost) ?? asNumber(entry.completion_cost),
      error_kind: response.trigger === 'retry' ? 'format_error' : null,
      calls: [
        {
          ...callOf(asText(action_name) ?? name, args),
          result: output ?? asText(response.retry_message),
          is_error: response.trigger === 'retry' ? true : null,
        },
      ],
    };
  });
}
