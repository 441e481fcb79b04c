import { callOf, codeBlocks } from '../calls.ts';
import { callOfMessage } from '../chat.ts';
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
  type Json,
  type JsonObject,
  type StepDraft,
  type TraceDraft,
  textOf,
  unwrapJson,
} from '../draft.ts';
import { type Format, has, instanceIn, repoOfInstance, type Source } from './format.ts';

/** SWE-agent trajectories: 0.x with one or several roles, 1.x, retry runs, and files with nothing but a history. */
export const sweAgent: Format = {
  name: 'swe-agent',
  unit: 'record',
  signature: ['trajectory', 'history', 'info', 'trajectory[].observation', 'trajectory[].action'],
  matches: (value) => !Array.isArray(value) && (isRun(value) || asList(value.attempts).some(isRun)),
  read: (value, source) => {
    const document = asObject(value);
    const attempts = asList(document.attempts).filter(isRun);
    if (attempts.length === 0) return [readRun(document, source, null)];
    return attempts.map((attempt, index) => readRun(asObject(attempt), source, index + 1));
  },
};

function isRun(value: unknown): boolean {
  if (!isObject(value)) return false;
  const first = asList(value.trajectory)[0];
  if (has(first, 'action', 'observation')) return true;
  const item = asList(value.history)[0];
  return (
    isObject(item) &&
    'role' in item &&
    'content' in item &&
    ('agent' in item || 'message_type' in item || 'info' in value)
  );
}

function readRun(run: JsonObject, source: Source, attempt: number | null): TraceDraft {
  const info = asObject(run.info);
  const stats = asObject(info.model_stats);
  const trajectory = asList(run.trajectory).map(asObject);
  const history = asList(run.history).map(asObject);
  const isV1 =
    'replay_config' in run || 'swe_agent_version' in info || trajectory.some((step) => 'execution_time' in step);
  const roles = new Set(history.map((item) => asText(item.agent)).filter(Boolean));
  const steps = trajectory.length > 0 ? [...preamble(history), ...turns(trajectory, history)] : historySteps(history);
  const environment = asText(run.environment);
  const task =
    instanceIn(source.stem) ??
    (environment && environment !== 'swe_main' && environment !== 'main' ? environment : instanceIn(source.folder));
  return {
    format: roles.size > 1 ? 'swe-agent-multi-role' : isV1 ? 'swe-agent-1' : 'swe-agent-0',
    version: asText(info.swe_agent_version),
    fields: {
      agent_name: 'swe-agent',
      agent_version: asText(info.swe_agent_version),
      task_id: task,
      repo: repoOfInstance(task),
      attempt,
      model_name: modelOf(run),
      exit_status: asText(info.exit_status),
      submission: asText(info.submission),
      prompt_tokens: asWhole(stats.tokens_sent),
      completion_tokens: asWhole(stats.tokens_received),
      cost_usd: asNumber(stats.instance_cost),
      api_calls: asCount(stats.api_calls),
      problem_statement: problemIn(history),
      base_commit: asText(asObject(asObject(asObject(asObject(unwrapJson(run.replay_config)).env).repo)).base_commit),
    },
    steps,
    extra: {
      environment,
      ...(isObject(info.review) ? { review: info.review } : {}),
      ...(roles.size > 1 ? { roles: [...roles] } : {}),
    },
    flags: [
      ...(trajectory.length === 0 ? ['history_only'] : []),
      ...(info.exit_status === null ? ['no_exit_status'] : []),
    ],
  };
}

function modelOf(run: JsonObject): string | null {
  const agent = asObject(asObject(unwrapJson(run.replay_config)).agent);
  return asText(asObject(agent.model).name) ?? asText(asObject(agent.model).model_name);
}

/** The system and user messages before the first turn; demonstrations are context, not acts. */
function preamble(history: readonly JsonObject[]): StepDraft[] {
  const first = history.findIndex((item) => item.role === 'assistant' && item.is_demo !== true);
  return history.slice(0, first < 0 ? history.length : first).map((item) => ({
    source: item.role === 'system' ? 'system' : item.role === 'assistant' ? 'agent' : 'user',
    role_raw: asText(item.role),
    agent_role: roleOf(item),
    message: textOf(item.content),
    is_copied_context: item.is_demo === true,
  }));
}

const roleOf = (item: JsonObject): string | null => {
  const name = asText(item.agent);
  return name === 'primary' || name === 'main' ? null : name;
};

/** Turns in the order they ran; the role of a turn is found by its text in the history, which keeps roles apart. */
function turns(trajectory: readonly JsonObject[], history: readonly JsonObject[]): StepDraft[] {
  const spoken = new Map<string, string | null>();
  for (const item of history) if (item.role === 'assistant') spoken.set(textOf(item.content), roleOf(item));
  return trajectory.map((step) => {
    const response = asText(step.response) ?? '';
    const call = callOfStep(step);
    const duration = asNumber(step.execution_time);
    return {
      source: 'agent',
      role_raw: 'assistant',
      agent_role: spoken.get(response) ?? null,
      message: response || (asText(step.thought) ?? ''),
      reasoning_content:
        asList(step.thinking_blocks)
          .map((block) => asText(asObject(block).thinking))
          .filter(Boolean)
          .join('\n') || null,
      error_kind: call === null && (asText(step.action) ?? '').trim() === '' ? 'format_error' : null,
      duration_ms: duration === null ? null : duration * 1000,
      calls: call === null ? [] : [call],
      extra:
        call === null && textOf(step.observation) !== ''
          ? { observation: textOf(step.observation).slice(0, 20_000) }
          : {},
    };
  });
}

/** `edit 10:20 … end_of_edit` is a call of `edit`; anything whose first word is no tool of SWE-agent is shell. */
function callOfStep(step: JsonObject): CallDraft | null {
  const action = (asText(step.action) ?? '').replace(/\r\n/g, '\n').trimEnd();
  const native = asList(step.tool_calls).map(callOfMessage);
  const state = asObject(unwrapJson(asText(step.state)?.trim() ?? step.state));
  const shared = {
    result: textOf(step.observation),
    working_dir: asText(state.working_dir),
    open_file: asText(state.open_file),
    duration_ms: asNumber(step.execution_time) === null ? null : asNumber(step.execution_time)! * 1000,
  };
  if (native.length === 1)
    return {
      ...native[0]!,
      command: native[0]!.command ?? (isTool(native[0]!.function_name) ? null : action),
      ...shared,
    };
  if (action.trim() === '') return null;
  const [word = '', ...rest] = action.trimStart().split(/(?<=^\S+)\s/);
  if (isTool(word)) return { ...callOf(word, { args: rest.join(' ') }), ...shared };
  return { function_name: 'bash', arguments: { command: action }, command: action, ...shared };
}

const tools = new Set(
  'open goto scroll_up scroll_down create edit search_dir search_file find_file search submit set_cursors insert str_replace_editor undo_edit view view_image exit_forfeit filemap append plan fault_localization search_class search_method search_code related_code'.split(
    ' ',
  ),
);
const isTool = (word: string): boolean => tools.has(word);

/** For demonstration files that keep no trajectory: the history alone, actions out of the text. */
function historySteps(history: readonly JsonObject[]): StepDraft[] {
  const steps: StepDraft[] = [];
  for (const item of history) {
    const message = textOf(item.content);
    const previous = steps.at(-1);
    if (
      item.role !== 'assistant' &&
      item.role !== 'system' &&
      previous?.source === 'agent' &&
      previous.calls?.[0] &&
      previous.calls[0].result === undefined
    ) {
      previous.calls[0].result = message;
      continue;
    }
    const action =
      asText(item.action) ?? (item.role === 'assistant' ? (codeBlocks(message, ['', 'bash'])[0] ?? '') : '');
    const call =
      item.role === 'assistant'
        ? callOfStep({ action, observation: null, state: null, tool_calls: item.tool_calls ?? null } as JsonObject)
        : null;
    if (call) delete call.result;
    steps.push({
      source: item.role === 'system' ? 'system' : item.role === 'assistant' ? 'agent' : 'user',
      role_raw: asText(item.role),
      agent_role: roleOf(item),
      message,
      calls: call ? [call] : [],
      is_copied_context: asFlag(item.is_demo) ?? false,
    });
  }
  return steps;
}

const markers: readonly RegExp[] = [
  /<pr_description>([\s\S]*?)<\/pr_description>/,
  /ISSUE:\s*([\s\S]*?)\n\s*INSTRUCTIONS:/,
  /<issue>([\s\S]*?)<\/issue>/,
];

function problemIn(history: readonly JsonObject[]): string | null {
  const asked = history.find((item: Record<string, Json>) => item.role === 'user' && item.is_demo !== true);
  if (!asked) return null;
  const text = textOf(asked.content);
  for (const marker of markers) {
    const match = text.match(marker);
    if (match) return match[1]!.trim();
  }
  return text;
}
