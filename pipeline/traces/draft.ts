import type { ImportedAnswerKey, Step, Trace } from '../../schemas/traces.ts';

/** A tool call with its result as an adapter understood it; what is left out is unknown. */
export interface CallDraft {
  tool_call_id?: string | null;
  function_name: string;
  /** Parsed arguments, or the raw text where they did not parse. */
  arguments?: unknown;
  command?: string | null;
  result?: string | null;
  /** Position, in `TraceDraft.steps`, of the step whose record carried the result, when not the call's own. */
  result_at?: number;
  exit_code?: number | null;
  is_error?: boolean | null;
  duration_ms?: number | null;
  working_dir?: string | null;
  open_file?: string | null;
  extra?: Record<string, unknown>;
}

type StepFields = Omit<
  Step,
  'trace_id' | 'step_id' | 'source' | 'message' | 'extra' | 'probability' | 'entropy' | 'started_at'
>;

/** One turn. Results are folded onto the calls that asked for them. */
export interface StepDraft extends Partial<StepFields> {
  source: Step['source'];
  message: string;
  /** Any form that `instant` understands. */
  time?: unknown;
  calls?: CallDraft[];
  extra?: Record<string, unknown>;
}

type TraceFields = Omit<
  Trace,
  | 'trace_id'
  | 'schema_version'
  | 'source_uri'
  | 'source_record'
  | 'source_sha256'
  | 'step_count'
  | 'tool_call_count'
  | 'edited_paths'
  | 'extra'
  | 'quality_flags'
  | 'started_at'
  | 'ended_at'
>;

/** What rides along and no Solver may see. */
export type GoldDraft = Partial<Omit<ImportedAnswerKey, 'trace_id' | 'gold_paths' | 'extra'>> & {
  extra?: Record<string, unknown>;
};

/** A verdict found inside the trace's own record. */
export interface VerdictDraft
  extends Partial<
    Pick<
      Trace,
      | 'outcome'
      | 'reward'
      | 'is_patch_applied'
      | 'is_infra_failure'
      | 'fail_to_pass_passed'
      | 'fail_to_pass_failed'
      | 'pass_to_pass_passed'
      | 'pass_to_pass_failed'
    >
  > {
  source: string;
  tests?: TestDraft[];
}

export interface TestDraft {
  test_id: string;
  expectation: 'fail_to_pass' | 'pass_to_pass' | 'fail_to_fail' | 'pass_to_fail' | 'none';
  status: 'passed' | 'failed' | 'error' | 'skipped' | 'timeout' | 'missing';
  duration_ms?: number | null;
}

/** A trajectory as an adapter read it, before ids, totals, redaction and verdicts from other files. */
export interface TraceDraft {
  format: string;
  version?: string | null;
  fields: Partial<TraceFields>;
  started?: unknown;
  ended?: unknown;
  steps: StepDraft[];
  gold?: GoldDraft;
  verdict?: VerdictDraft;
  extra?: Record<string, unknown>;
  flags?: string[];
  /** Trajectories of agents this one started. */
  children?: TraceDraft[];
  /** Links children to the call that started them, by any id the source uses. */
  link_id?: string | null;
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const isObject = (value: unknown): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
export const asObject = (value: unknown): JsonObject => (isObject(value) ? value : {});
export const asList = (value: unknown): Json[] => (Array.isArray(value) ? value : []);
export const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
/** Text of a string, number or boolean; null for the rest. */
export const asLabel = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
export const asNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
/** Whole numbers only; a token count of 12.5 is unknown rather than rounded. */
export const asWhole = (value: unknown): number | null => (Number.isSafeInteger(value) ? (value as number) : null);
export const asCount = (value: unknown): number | null =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31 ? (value as number) : null;
export const asFlag = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);

/** Sum that stays unknown while every part is. */
export function sumKnown(values: Iterable<number | null | undefined>): number | null {
  let sum: number | null = null;
  for (const value of values) if (typeof value === 'number') sum = (sum ?? 0) + value;
  return sum;
}

/** A JSON string that may itself hold JSON: the value inside, or the string. */
export function unwrapJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const first = value.trimStart()[0];
  if (first !== '{' && first !== '[' && first !== '"') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Text of message content in any of its forms: a string, parts with `text` or `content`, nested lists. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return '';
  if (Array.isArray(content)) return content.map(textOf).filter(Boolean).join('\n');
  if (!isObject(content)) return String(content);
  if (typeof content.text === 'string') return content.text;
  if (typeof content.content === 'string' || Array.isArray(content.content)) return textOf(content.content);
  if (typeof content.output === 'string') return content.output;
  if (typeof content.refusal === 'string') return content.refusal;
  const kind = asText(content.type);
  return kind && /image|audio|file|media/.test(kind) ? `[${kind}]` : '';
}
