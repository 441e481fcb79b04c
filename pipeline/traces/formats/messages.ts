import { chatSteps } from '../chat.ts';
import {
  asCount,
  asList,
  asNumber,
  asObject,
  asText,
  asWhole,
  type GoldDraft,
  isObject,
  type Json,
  type JsonObject,
  type TraceDraft,
  textOf,
  unwrapJson,
  type VerdictDraft,
} from '../draft.ts';
import { goldOfInstance } from '../gold.ts';
import { type Format, instanceIn, repoOfInstance, type Source } from './format.ts';

const roles = new Set(['system', 'developer', 'user', 'assistant', 'ai', 'tool', 'function', 'model', 'human', 'gpt']);
const isMessage = (value: unknown): boolean =>
  isObject(value) &&
  roles.has(String(value.role ?? value.from)) &&
  ('content' in value || 'tool_calls' in value || 'text' in value || 'value' in value || 'system_prompt' in value);
const isChat = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.slice(0, 3).every(isMessage);

const listKeys = ['messages', 'traj', 'trajectory', 'conversation', 'conversations', 'history'] as const;

/** The messages of a row, whether stored as a list or as the JSON text of one. */
function chatOf(row: JsonObject): Json[] | null {
  for (const key of listKeys) {
    const value = unwrapJson(row[key]);
    if (isChat(value)) return value as Json[];
  }
  return null;
}

/** Lists of OpenAI-style messages, bare or wrapped: data-set rows, tau-bench roll-outs, Codex exports. */
export const messages: Format = {
  name: 'messages',
  unit: 'record',
  signature: [
    'messages',
    'messages[].role',
    'messages[].content',
    'instance_id',
    'resolved',
    'traj',
    'trajectory[].role',
  ],
  matches: (value) =>
    Array.isArray(value)
      ? isChat(value) || value.every((item) => isObject(item) && chatOf(item) !== null)
      : chatOf(value) !== null,
  read(value, source) {
    if (!Array.isArray(value)) return [readRow(value, source)];
    if (isChat(value)) return [readRow({ messages: value }, source)];
    return value.map((row) => readRow(asObject(row), source));
  },
};

/** A lone line that is itself a message: the lines of the file together are the conversation. */
export const messageLines: Format = {
  name: 'message-lines',
  unit: 'session',
  signature: ['role', 'content'],
  matches: (value) => isChat(value),
  read: (value, source) => [readRow({ messages: value as Json[] }, source)],
};

function readRow(row: JsonObject, source: Source): TraceDraft {
  const list = chatOf(row) ?? [];
  const meta = asObject(row.meta);
  const metadata = asObject(unwrapJson(row.metadata));
  const session = asObject(meta.session_meta);
  const info = asObject(row.info);
  const kind = kindOf(row);
  const hasTools = list.some(
    (message) => isObject(message) && (asList(message.tool_calls).length > 0 || message.role === 'tool'),
  );
  const { steps, flags } = chatSteps(list, { textActions: !hasTools });
  const task =
    asText(row.instance_id) ??
    (kind === 'tau-bench' ? `tau-bench-${asWhole(row.task_id)}` : asText(row.task_id)) ??
    instanceIn(source.stem);
  const metrics = asObject(unwrapJson(row.metrics));
  return {
    format: kind,
    fields: {
      task_id: task,
      repo: asText(row.repo) ?? repoOfInstance(task),
      language: asText(row.language),
      trajectory_id: asText(row.trajectory_id) ?? asText(row.traj_id),
      run_id: asText(row.run_id),
      attempt: asCount(row.trial) ?? asCount(row.attempt),
      session_id: asText(session.id),
      agent_name:
        asText(row.agent_class) ??
        (kind === 'codex-export'
          ? 'codex'
          : kind === 'tau-bench'
            ? 'tau-bench'
            : kind.startsWith('nebius-swe-agent') || kind === 'swe-smith'
              ? 'swe-agent'
              : asText(row.agent)),
      model_name:
        asText(row.model) ??
        asText(row.model_name) ??
        asText(metadata.teacher_model) ??
        list.map((m) => asText(asObject(m).model)).find(Boolean) ??
        null,
      provider_name: asText(session.model_provider),
      exit_status: asText(row.exit_status) ?? asText(row.finish_reason),
      submission:
        asText(row.model_patch) ??
        asText(row.generated_patch) ??
        asText(row.git_patch) ??
        (kind === 'swe-smith' ? asText(row.patch) : null),
      problem_statement: asText(row.problem_statement) ?? asText(asObject(info.task).instruction) ?? firstRequest(list),
      cost_usd: asNumber(metrics.accumulated_cost) ?? asNumber(row.cost),
      tool_definitions:
        row.tools === undefined || row.tools === null
          ? null
          : JSON.stringify(asList(unwrapJson(row.tools)).map(unwrapJson)),
    },
    started: session.timestamp,
    steps,
    gold: goldOf(row, metadata, info),
    verdict: verdictOf(row),
    extra: {
      cwd: session.cwd ?? null,
      license: row.license ?? null,
      dataset: row.dataset ?? row.hf_dataset_name ?? null,
      user_cost: info.user_cost ?? null,
      category: metadata.category ?? null,
    },
    flags,
  };
}

function kindOf(row: JsonObject): string {
  if (isObject(row.meta) && ('session_meta' in row.meta || 'turn_contexts' in row.meta)) return 'codex-export';
  if ('traj' in row && 'reward' in row && 'trial' in row) return 'tau-bench';
  if ('traj_id' in row && 'resolved' in row && 'patch' in row) return 'swe-smith';
  if ('target' in row && 'eval_logs' in row) return 'nebius-swe-agent';
  if ('pred_passes_gen_tests' in row || 'gen_tests_correct' in row) return 'nebius-openhands';
  if ('image_name' in row && 'agent_class' in row) return 'swe-gym';
  if ('hf_dataset_name' in row) return 'nvidia-open-swe-traces';
  if ('trajectory_id' in row && 'dataset' in row && 'model_patch' in row) return 'nvidia-swe-zero';
  return 'messages';
}

/** Verdicts come as true/false, 1/0/-1 (-1 is unknown), or a reward. */
function verdictOf(row: JsonObject): VerdictDraft | undefined {
  const raw = row.resolved ?? row.target;
  const reward = asNumber(row.reward);
  if (raw === true || raw === 1) return { source: 'row', outcome: 'resolved', reward };
  if (raw === false || raw === 0) return { source: 'row', outcome: 'unresolved', reward };
  if (reward !== null)
    return { source: 'row', outcome: reward >= 1 ? 'resolved' : reward > 0 ? 'partial' : 'unresolved', reward };
  return undefined;
}

function goldOf(row: JsonObject, metadata: JsonObject, info: JsonObject): GoldDraft | undefined {
  const kept = goldOfInstance({
    ...row,
    patch: asText(metadata.reference_patch) ?? ('traj_id' in row ? null : (row.patch ?? null)),
  });
  const actions = asObject(info.task).actions;
  if (!Array.isArray(actions)) return kept;
  return { ...kept, extra: { actions, outputs: asObject(info.task).outputs ?? null } };
}

const firstRequest = (list: readonly Json[]): string | null => {
  for (const message of list)
    if (isObject(message) && (message.role === 'user' || message.role === 'human'))
      return textOf(message.content ?? message.text);
  return null;
};
