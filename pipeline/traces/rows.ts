import { hash } from 'node:crypto';
import type { ImportedAnswerKey, Step, ToolCall, Trace } from '../../schemas/traces.ts';
import { describeCalls } from './describe.ts';
import {
  type CallDraft,
  type GoldDraft,
  type StepDraft,
  sumKnown,
  type TraceDraft,
  type VerdictDraft,
} from './draft.ts';
import { exitClass } from './exit.ts';
import { repoOfInstance } from './formats/format.ts';
import { withoutGold } from './gold.ts';
import { instant } from './instants.ts';
import { boilerplate } from './join.ts';
import { isTestPath, pathsInPatch } from './patches.ts';
import { folderOf } from './reading/entries.ts';

/** Where a trajectory was read. */
export interface Provenance {
  uri: string;
  /** End of the path that goes into ids. */
  tail: string;
  record: number;
  sha256: string;
  /** Source records folded into it. */
  record_count: number;
  flags: string[];
}

export interface TraceRows {
  /** Without its verdict: other files may have a say. */
  trace: Trace;
  steps: Step[];
  tool_calls: ToolCall[];
  answer_key: ImportedAnswerKey | null;
  verdict: VerdictDraft | null;
  /** Ids by which calls of other traces refer to this one. */
  link_id: string | null;
}

/**
 * Id of a trajectory: its bytes, its number in the file, and the end of its path, so that a moved folder keeps its ids
 * while byte-identical attempts of different runs stay apart.
 */
export const traceIdOf = (
  { tail, record, sha256 }: Pick<Provenance, 'tail' | 'record' | 'sha256'>,
  index = 0,
): string => `trace_${hash('sha256', [sha256, record, index, tail].join('\n')).slice(0, 24)}`;

/** Rows of a draft and of the agents it started, parents first. */
export function rowsOf(
  draft: TraceDraft,
  provenance: Provenance,
  index = 0,
  parent: string | null = null,
): TraceRows[] {
  const trace_id = traceIdOf(provenance, index);
  const own = rowsOfOne(draft, provenance, trace_id, parent);
  const children = (draft.children ?? []).flatMap((child, at) =>
    rowsOf(child, { ...provenance, record_count: 0 }, index * 100 + at + 1, trace_id),
  );
  return [own, ...children];
}

function rowsOfOne(draft: TraceDraft, provenance: Provenance, trace_id: string, parent: string | null): TraceRows {
  const { fields } = draft;
  const steps = draft.steps.map((step, index) => stepRow(step, trace_id, index + 1));
  const tool_calls = callRows(draft.steps, trace_id);
  const times = steps.map((step) => step.started_at).filter((time) => time !== null);
  const submission = fields.submission ? fields.submission : null;
  const flags = [...new Set([...(draft.flags ?? []), ...provenance.flags])].sort();
  const trace: Trace = {
    ...emptyTrace,
    ...(defined(fields) as Partial<Trace>),
    trace_id,
    source_format: draft.format,
    source_format_version: draft.version ?? null,
    source_uri: provenance.uri,
    source_record: provenance.record,
    source_sha256: provenance.sha256,
    record_count: provenance.record_count,
    parent_trace_id: parent,
    run_id: fields.run_id ?? runOf(provenance.uri, fields.task_id ?? null),
    repo: fields.repo ?? repoOfInstance(fields.task_id),
    language: fields.language ?? languageOf(submission, tool_calls),
    started_at: instant(draft.started) ?? times[0] ?? null,
    ended_at: instant(draft.ended) ?? times.at(-1) ?? null,
    exit_class: exitClass(fields.exit_status),
    submission,
    edited_paths: pathsInPatch(submission),
    prompt_tokens: fields.prompt_tokens ?? sumKnown(steps.map((step) => step.prompt_tokens)),
    completion_tokens: fields.completion_tokens ?? sumKnown(steps.map((step) => step.completion_tokens)),
    cached_tokens: fields.cached_tokens ?? sumKnown(steps.map((step) => step.cached_tokens)),
    reasoning_tokens: fields.reasoning_tokens ?? sumKnown(steps.map((step) => step.reasoning_tokens)),
    cost_usd: fields.cost_usd ?? sumKnown(steps.map((step) => step.cost_usd)),
    step_count: steps.length,
    tool_call_count: tool_calls.length,
    extra: JSON.stringify(withoutGold(withoutNulls(draft.extra ?? {}))),
    quality_flags: JSON.stringify(flags),
  };
  return {
    trace,
    steps,
    tool_calls,
    answer_key: answerKey(draft.gold, trace),
    verdict: draft.verdict ?? null,
    link_id: draft.link_id ?? null,
  };
}

/** The last folder that is not there for the task or for a kind of file: what people name after a run. */
function runOf(uri: string, task: string | null): string | null {
  const folders = folderOf(uri)
    .split(/[/!]/)
    .filter((part) => part !== '' && part !== task && !boilerplate.has(part.toLowerCase()));
  return folders.at(-1) ?? null;
}

const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
const withoutNulls = (extra: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(extra).filter(([, value]) => value !== null && value !== undefined));

function stepRow(step: StepDraft, trace_id: string, step_id: number): Step {
  return {
    trace_id,
    step_id,
    source: step.source,
    role_raw: step.role_raw ?? null,
    agent_role: step.agent_role ?? null,
    message: step.message,
    reasoning_content: step.reasoning_content || null,
    started_at: instant(step.time),
    duration_ms: step.duration_ms ?? null,
    model_name: step.model_name ?? null,
    response_id: step.response_id ?? null,
    finish_reason: step.finish_reason ?? null,
    error_kind: step.error_kind ?? null,
    probability: null,
    entropy: null,
    prompt_tokens: step.prompt_tokens ?? null,
    completion_tokens: step.completion_tokens ?? null,
    cached_tokens: step.cached_tokens ?? null,
    reasoning_tokens: step.reasoning_tokens ?? null,
    cost_usd: step.cost_usd ?? null,
    is_copied_context: step.is_copied_context ?? false,
    is_sidechain: step.is_sidechain ?? false,
    extra: step.extra ? JSON.stringify(withoutNulls(step.extra)) : '{}',
  };
}

function callRows(steps: readonly StepDraft[], trace_id: string): ToolCall[] {
  const placed = steps.flatMap((step, at) =>
    (step.calls ?? []).map((call, call_index) => ({ call, call_index, step_id: at + 1 })),
  );
  const descriptions = describeCalls(placed.map(({ call }) => describable(call)));
  return placed.map(({ call, call_index, step_id }, index) => {
    const described = descriptions[index]!;
    const result = call.result ?? null;
    return {
      trace_id,
      step_id,
      call_index,
      tool_call_id: call.tool_call_id ?? null,
      function_name: call.function_name,
      arguments: JSON.stringify(call.arguments ?? {}),
      command: call.command ?? null,
      result_step_id: call.result_at === undefined ? null : call.result_at + 1,
      result_content: result,
      result_chars: result === null ? null : result.length,
      exit_code: call.exit_code ?? null,
      is_error: call.is_error ?? (described.error_class !== null ? true : result === null ? null : false),
      error_class: described.error_class,
      action: described.action,
      action_trigram: described.action_trigram,
      target_path: described.target_path,
      repeat_index: described.repeat_index,
      suspicion: described.suspicion,
      working_dir: call.working_dir ?? null,
      open_file: call.open_file ?? null,
      subagent_trace_id: null,
      wall_ms: call.duration_ms ?? 0,
      extra: call.extra ? JSON.stringify(withoutNulls(call.extra)) : '{}',
    };
  });
}

const describable = (call: CallDraft) => ({
  function_name: call.function_name,
  arguments: call.arguments ?? {},
  command: call.command ?? null,
  result_content: call.result ?? null,
  exit_code: call.exit_code ?? null,
  is_error: call.is_error ?? null,
  open_file: call.open_file ?? null,
});

function answerKey(gold: GoldDraft | undefined, trace: Trace): ImportedAnswerKey | null {
  if (!gold) return null;
  return {
    trace_id: trace.trace_id,
    task_id: gold.task_id ?? trace.task_id,
    repo: gold.repo ?? trace.repo,
    gold_patch: gold.gold_patch ?? null,
    test_patch: gold.test_patch ?? null,
    fail_to_pass: gold.fail_to_pass ?? [],
    pass_to_pass: gold.pass_to_pass ?? [],
    gold_paths: pathsInPatch(gold.gold_patch).length > 0 ? pathsInPatch(gold.gold_patch) : goldFiles(gold),
    extra: JSON.stringify(gold.extra ?? {}),
  };
}

const goldFiles = (gold: GoldDraft): string[] =>
  Array.isArray(gold.extra?.gold_files)
    ? (gold.extra.gold_files as unknown[]).filter((path): path is string => typeof path === 'string').sort()
    : [];

const languages: Record<string, string> = {
  py: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  jsx: 'javascript',
  ts: 'typescript',
  tsx: 'typescript',
  java: 'java',
  go: 'go',
  rs: 'rust',
  c: 'c',
  h: 'c',
  cc: 'cpp',
  cpp: 'cpp',
  hpp: 'cpp',
  rb: 'ruby',
  php: 'php',
  cs: 'csharp',
  kt: 'kotlin',
  scala: 'scala',
  swift: 'swift',
  pony: 'pony',
};

/** Language of most files that were changed, else of most that were touched; null when neither tells. */
function languageOf(submission: string | null, calls: readonly ToolCall[]): string | null {
  const paths = pathsInPatch(submission).filter((path) => !isTestPath(path));
  const touched = paths.length > 0 ? paths : calls.map((call) => call.target_path).filter((path) => path !== null);
  const counts = new Map<string, number>();
  for (const path of touched) {
    const language = languages[path.split('.').at(-1)!.toLowerCase()];
    if (language) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
}

const emptyTrace = {
  schema_version: 'socratic-trace/1',
  session_id: null,
  trajectory_id: null,
  agent_name: null,
  agent_version: null,
  model_name: null,
  provider_name: null,
  policy_id: null,
  task_id: null,
  repository_id: null,
  base_commit: null,
  run_id: null,
  attempt: null,
  exit_status: null,
  api_calls: null,
  outcome: 'unknown',
  outcome_source: null,
  is_infra_failure: null,
  is_patch_applied: null,
  fail_to_pass_passed: null,
  fail_to_pass_failed: null,
  pass_to_pass_passed: null,
  pass_to_pass_failed: null,
  reward: null,
  full_repair: null,
  partial_repair: null,
  preservation: null,
  failure_mode: null,
  problem_statement: null,
  tool_definitions: null,
} as const;
