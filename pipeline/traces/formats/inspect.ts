import { chatSteps } from '../chat.ts';
import {
  asCount,
  asList,
  asNumber,
  asObject,
  asText,
  asWhole,
  isObject,
  type Json,
  type JsonObject,
  sumKnown,
  type TraceDraft,
  textOf,
  type VerdictDraft,
} from '../draft.ts';
import { type Format, has, type Source } from './format.ts';

/** Samples of an Inspect AI log: each a file inside the `.eval` zip. */
export const inspectSample: Format = {
  name: 'inspect-sample',
  unit: 'record',
  signature: ['id', 'epoch', 'messages', 'scores', 'output', 'target'],
  matches: (value) => !Array.isArray(value) && isSample(value),
  read: (value, source) => [readSample(asObject(value), {}, source)],
};

/** A whole log as one JSON document. */
export const inspectLog: Format = {
  name: 'inspect',
  unit: 'record',
  signature: ['version', 'status', 'eval', 'plan', 'samples'],
  matches: (value) =>
    has(value, 'eval', 'samples') &&
    has((value as JsonObject).eval, 'task', 'model') &&
    Array.isArray((value as JsonObject).samples),
  read(value, source) {
    const log = asObject(value);
    return asList(log.samples).map((sample) => readSample(asObject(sample), asObject(log.eval), source));
  },
};

const isSample = (value: JsonObject): boolean =>
  'epoch' in value &&
  'input' in value &&
  ('messages' in value || 'message_pool' in value || 'events' in value) &&
  ('scores' in value || 'output' in value);

function readSample(sample: JsonObject, evaluation: JsonObject, source: Source): TraceDraft {
  const attachments = asObject(sample.attachments);
  const list = resolveAll(messagesOf(sample), attachments) as Json[];
  const { steps, flags } = chatSteps(list);
  const usage = Object.values(asObject(sample.model_usage)).map(asObject);
  const output = asObject(sample.output);
  const task = asText(evaluation.task);
  const config = asObject(evaluation.revision);
  return {
    format: 'inspect',
    version: typeof evaluation.version === 'number' ? String(evaluation.version) : null,
    fields: {
      agent_name: asText(evaluation.solver) ?? 'inspect',
      model_name: asText(evaluation.model) ?? asText(output.model),
      task_id: task ? `${task}/${sample.id}` : String(sample.id),
      run_id: asText(evaluation.run_id) ?? source.uri.match(/([^/]+)\.eval!/)?.[1] ?? null,
      trajectory_id: asText(sample.uuid),
      attempt: asCount(sample.epoch),
      base_commit: asText(config.commit),
      exit_status: isObject(sample.error)
        ? `error: ${asText(sample.error.message)?.slice(0, 200)}`
        : (asText(asObject(sample.limit).type) ?? asText(asObject(asList(output.choices)[0]).stop_reason)),
      prompt_tokens: sumKnown(usage.map((u) => asWhole(u.input_tokens))),
      completion_tokens: sumKnown(usage.map((u) => asWhole(u.output_tokens))),
      cached_tokens: sumKnown(usage.map((u) => asWhole(u.input_tokens_cache_read))),
      reasoning_tokens: sumKnown(usage.map((u) => asWhole(u.reasoning_tokens))),
      problem_statement: textOf(resolveAll(sample.input, attachments)),
    },
    started: sample.started_at ?? asObject(asList(sample.events)[0]).timestamp,
    ended: sample.completed_at ?? asObject(asList(sample.events).at(-1)).timestamp,
    steps,
    gold: { extra: { target: sample.target ?? null, metadata: resolveAll(sample.metadata ?? null, attachments) } },
    verdict: verdictOf(asObject(sample.scores)),
    extra: { total_time: asNumber(sample.total_time), working_time: asNumber(sample.working_time) },
    flags,
  };
}

/** Newer logs keep messages in a pool and refer to them by position. */
function messagesOf(sample: JsonObject): Json[] {
  const pool = asList(sample.message_pool ?? asObject(sample.events_data).messages);
  return asList(sample.messages ?? sample.message_pool)
    .map((message) => (typeof message === 'number' ? (pool[message] ?? null) : message))
    .filter((message) => message !== null);
}

/** `attachment://<hash>` stands for a long text that is stored once. */
function resolveAll(value: unknown, attachments: JsonObject): unknown {
  if (typeof value === 'string')
    return value.startsWith('attachment://') ? (asText(attachments[value.slice(13)]) ?? value) : value;
  if (Array.isArray(value)) return value.map((item) => resolveAll(item, attachments));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveAll(item, attachments)]));
}

function verdictOf(scores: JsonObject): VerdictDraft | undefined {
  const [name, first] = Object.entries(scores)[0] ?? [];
  if (name === undefined) return undefined;
  const value = asObject(first).value ?? null;
  const reward =
    value === 'C' || value === true
      ? 1
      : value === 'I' || value === 'N' || value === false
        ? 0
        : value === 'P'
          ? 0.5
          : asNumber(value);
  if (reward === null) return undefined;
  return {
    source: `inspect:${name}`,
    outcome: reward >= 1 ? 'resolved' : reward > 0 ? 'partial' : 'unresolved',
    reward,
    tests: Object.entries(scores).map(([test_id, score]) => ({
      test_id,
      expectation: 'none',
      status: passed(asObject(score).value) ? 'passed' : 'failed',
    })),
  };
}

const passed = (value: unknown): boolean =>
  value === 'C' || value === true || (typeof value === 'number' && value >= 1);
