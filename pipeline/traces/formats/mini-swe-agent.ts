import { bashCall, callOf, exitCodeIn } from '../calls.ts';
import { OpenCalls, usageOf } from '../chat.ts';
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
  type TraceDraft,
  textOf,
} from '../draft.ts';
import { type Format, instanceIn, repoOfInstance, type Source } from './format.ts';

/** mini-swe-agent: versions 1 (text actions) and 1.1 (tool calls), and the list of messages that came before both. */
export const miniSweAgent: Format = {
  name: 'mini-swe-agent',
  unit: 'record',
  signature: ['trajectory_format', 'info.mini_version', 'info.exit_status', 'messages', 'messages[].content'],
  matches: (value) =>
    Array.isArray(value)
      ? isOldList(value)
      : (typeof value.trajectory_format === 'string' && value.trajectory_format.startsWith('mini-swe-agent')) ||
        (isObject(value.info) && 'mini_version' in value.info && Array.isArray(value.messages)),
  read: (value, source) => [
    Array.isArray(value) ? readDocument({ messages: value }, source) : readDocument(value, source),
  ],
};

/** The oldest form: nothing but messages, recognised by the prompt that every run starts with. */
function isOldList(list: readonly Json[]): boolean {
  const texts = list.slice(0, 4).map((item) => (isObject(item) ? textOf(item.content) : ''));
  return (
    isObject(list[0]) &&
    'role' in list[0] &&
    texts.some((text) => /exactly ONE bash code block|<returncode>/i.test(text))
  );
}

function readDocument(document: JsonObject, source: Source): TraceDraft {
  const info = asObject(document.info);
  const config = asObject(info.config);
  const stats = asObject(info.model_stats);
  const messages = asList(document.messages).map(asObject);
  const task = asText(document.instance_id) ?? instanceIn(source.stem) ?? instanceIn(source.folder);
  const { steps, submitted, flags } = readMessages(messages, isObject(document.info));
  return {
    format: 'mini-swe-agent',
    version:
      asText(document.trajectory_format)?.replace('mini-swe-agent-', '') ?? (isObject(document.info) ? null : 'list'),
    fields: {
      agent_name: 'mini-swe-agent',
      agent_version: asText(info.mini_version),
      model_name: asText(asObject(config.model).model_name),
      task_id: task,
      repo: repoOfInstance(task),
      exit_status: asText(info.exit_status) ?? submitted?.exit_status ?? null,
      submission: asText(info.submission) ?? submitted?.submission ?? null,
      cost_usd: asNumber(stats.instance_cost),
      api_calls: asCount(stats.api_calls),
      problem_statement: problemIn(messages),
    },
    steps,
    extra: { environment: asObject(config.environment).image ?? null, agent_type: config.agent_type ?? null },
    flags,
  };
}

interface Read {
  steps: StepDraft[];
  submitted: { exit_status: string | null; submission: string | null } | null;
  flags: string[];
}

function readMessages(messages: readonly JsonObject[], hasInfo: boolean): Read {
  const steps: StepDraft[] = [];
  const open = new OpenCalls();
  let submitted: Read['submitted'] = null;
  for (const [index, message] of messages.entries()) {
    const extra = asObject(message.extra);
    const text = textOf(message.content);
    if (message.role === 'exit') {
      submitted = { exit_status: asText(extra.exit_status), submission: asText(extra.submission) };
      open.fold({ result: '' }, null);
    } else if (message.role === 'assistant') {
      const step = turn(message, extra, text);
      steps.push(step);
      open.add(step.calls ?? []);
    } else if (message.role === 'tool' || isObservation(extra, text)) {
      open.fold(resultOf(extra, text), asText(message.tool_call_id));
    } else if (message.role === 'user' && isFormatError(extra, text) && index > 1) {
      rejectTurn(steps, extra, text);
    } else if (message.role === 'user' && index === messages.length - 1 && steps.length > 0 && open.size > 0) {
      // text agents end with the patch as the answer to the submitting command
      open.fold({ result: hasInfo ? '' : text }, null);
      submitted = { exit_status: null, submission: text };
    } else {
      steps.push({
        source: message.role === 'system' ? 'system' : 'user',
        role_raw: asText(message.role),
        message: text,
        time: extra.timestamp,
      });
    }
  }
  return { steps, submitted, flags: [] };
}

const isObservation = (extra: JsonObject, text: string): boolean =>
  'returncode' in extra ||
  'raw_output' in extra ||
  /^<returncode>|^The last command <command>|^Observation:/.test(text);

const isFormatError = (extra: JsonObject, text: string): boolean =>
  extra.interrupt_type === 'FormatError' || /Please always provide EXACTLY ONE action|^Format error/.test(text);

/** The refused turn is the one before; from version 1.1 on it is not stored, so the refusal stands for it. */
function rejectTurn(steps: StepDraft[], extra: JsonObject, text: string): void {
  const previous = steps.at(-1);
  if (previous?.source === 'agent' && previous.error_kind === 'format_error' && previous.extra?.refusal === undefined) {
    previous.extra = { ...previous.extra, refusal: text };
    return;
  }
  steps.push({
    source: 'agent',
    role_raw: 'user',
    message: '',
    error_kind: 'format_error',
    time: extra.timestamp,
    extra: { refusal: text, is_turn_missing: true },
  });
}

function turn(message: JsonObject, extra: JsonObject, text: string): StepDraft {
  const response = asObject(extra.response);
  const choice = asObject(asObject(asList(response.choices)[0]));
  const inner = asObject(choice.message);
  const calls = callsOf(message, extra, text);
  const usage = asObject(response.usage);
  return {
    source: 'agent',
    role_raw: 'assistant',
    message: text,
    reasoning_content: asText(inner.reasoning_content) ?? asText(inner.reasoning) ?? asText(message.reasoning_content),
    time: extra.timestamp ?? response.created,
    response_id: asText(response.id),
    model_name: asText(response.model),
    finish_reason: asText(choice.finish_reason),
    ...usageOf(usage),
    cost_usd: asNumber(extra.cost) ?? asNumber(usage.cost),
    error_kind: calls.length === 0 ? 'format_error' : null,
    calls,
  };
}

/** Parsed actions where there are any, else tool calls, else the single bash block of the text. */
function callsOf(message: JsonObject, extra: JsonObject, text: string): CallDraft[] {
  const actions = asList(extra.actions).map(asObject);
  if (actions.length > 0)
    return actions.map((action) => bashCall(asText(action.command) ?? '', asText(action.tool_call_id)));
  const tools = asList(message.tool_calls).map(asObject);
  if (tools.length > 0)
    return tools.map((tool) =>
      callOf(asText(asObject(tool.function).name) ?? 'bash', asObject(tool.function).arguments, asText(tool.id)),
    );
  const blocks = [...text.matchAll(/```(?:bash|mswea_bash_command)\s*\n([\s\S]*?)\n```/g)].map((match) =>
    match[1]!.trim(),
  );
  return blocks.length === 1 ? [bashCall(blocks[0]!)] : [];
}

function resultOf(extra: JsonObject, text: string): Partial<CallDraft> {
  const exception = asText(extra.exception_info);
  const raw = asText(extra.raw_output);
  return {
    result: raw ?? text.replace(/^<returncode>-?\d+<\/returncode>\s*/, ''),
    exit_code: asWhole(extra.returncode) ?? exitCodeIn(text),
    ...(exception ? { is_error: true, extra: { exception } } : {}),
  };
}

function problemIn(messages: readonly JsonObject[]): string | null {
  const asked = messages.find((message) => message.role === 'user');
  if (!asked) return null;
  const text = textOf(asked.content);
  return (
    text.match(/<pr_description>\s*(?:Consider the following PR description:\s*)?([\s\S]*?)<\/pr_description>/)?.[1] ??
    text.match(/Please solve this issue:\s*([\s\S]*?)\n\n(?:You can execute|## )/)?.[1] ??
    text
  ).trim();
}
