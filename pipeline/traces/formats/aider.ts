import {
  asList,
  asNumber,
  asObject,
  asText,
  isObject,
  type JsonObject,
  type StepDraft,
  type TraceDraft,
  type VerdictDraft,
} from '../draft.ts';
import { repoOfInstance } from './format.ts';
import type { GroupFile } from './group.ts';

export const isAiderResult = (value: unknown): boolean =>
  isObject(value) && 'model_patch' in value && 'edit_outcome' in value && 'lint_outcome' in value;
export const isAiderChat = (text: string): boolean => /^\s*# aider chat started at /.test(text.slice(0, 400));

/** Result file and transcript of one task: a trace per chat; the result belongs to the chat it describes. */
export function readAider(files: readonly GroupFile[]): { draft: TraceDraft; files: GroupFile[] }[] {
  const resultFile = files.find((file) => isAiderResult(file.value));
  const chatFile = files.find((file) => typeof file.value === 'string');
  const result = asObject(resultFile?.value);
  if (!chatFile) return [{ draft: traceOf(result, result, [], null, null), files: [resultFile!] }];
  const chats = readChats(chatFile.value as string);
  const results = asList(result.all_results).map(asObject);
  const matched = align(chats, results.length > 0 ? results : resultFile ? [result] : []);
  const chosen = chosenChat(chats, matched, result);
  return chats.map((chat, index) => ({
    draft: traceOf(
      matched[index] ?? {},
      index === chosen ? result : {},
      chat.steps,
      chat,
      index + 1,
      chatFile.source.stem,
    ),
    files: index === chosen && resultFile ? [chatFile, resultFile] : [chatFile],
  }));
}

interface Chat {
  started: string | null;
  model: string | null;
  cost: number;
  steps: StepDraft[];
}

/** Results come in the order of chats; a chat that crashed left none. Model and cost tell which is which. */
function align(chats: readonly Chat[], results: readonly JsonObject[]): (JsonObject | undefined)[] {
  const matched: (JsonObject | undefined)[] = chats.map(() => undefined);
  let from = 0;
  for (const result of results) {
    const fits = (chat: Chat) => Math.abs(chat.cost - (asNumber(result.cost) ?? -1)) < 0.0015;
    let at = chats.findIndex((chat, index) => index >= from && fits(chat));
    if (at < 0 && chats.length - from <= results.length) at = from;
    if (at < 0) continue;
    matched[at] = result;
    from = at + 1;
  }
  return matched;
}

/** The chat whose patch was handed in: the one whose result has that patch, else the last. */
function chosenChat(chats: readonly Chat[], matched: readonly (JsonObject | undefined)[], result: JsonObject): number {
  const exact = matched.findIndex(
    (candidate) =>
      candidate !== undefined &&
      candidate.model_patch === result.model_patch &&
      candidate.try === result.try &&
      candidate.cost === result.cost,
  );
  if (exact >= 0) return exact;
  const same = matched.findIndex(
    (candidate) => candidate !== undefined && candidate.model_patch === result.model_patch,
  );
  return same >= 0 ? same : chats.length - 1;
}

function traceOf(
  own: JsonObject,
  final: JsonObject,
  steps: StepDraft[],
  chat: Chat | null,
  attempt: number | null,
  stem = '',
): TraceDraft {
  const task = asText(own.instance_id) ?? asText(final.instance_id) ?? (stem || null);
  const gold = asList(own.gold_files ?? final.gold_files);
  return {
    format: 'aider',
    fields: {
      agent_name: 'aider',
      agent_version: steps.map((step) => step.message.match(/^Aider (v\S+)/m)?.[1]).find(Boolean) ?? null,
      model_name: asText(own.model) ?? chat?.model ?? asText(final.model),
      task_id: task,
      repo: repoOfInstance(task),
      run_id: asText(own.model_name_or_path) ?? asText(final.model_name_or_path),
      attempt,
      submission: asText(own.model_patch) ?? asText(final.model_patch),
      cost_usd: asNumber(own.cost) ?? chat?.cost ?? null,
      exit_status: own.edit_outcome === undefined && final.edit_outcome === undefined ? null : 'completed',
      problem_statement: steps.find((step) => step.source === 'user')?.message ?? null,
    },
    started: chat?.started,
    steps,
    gold: gold.length > 0 ? { task_id: task, extra: { gold_files: gold } } : undefined,
    verdict: verdictOf(final),
    extra: {
      try: own.try ?? null,
      added_files: own.added_files ?? null,
      edit_outcome: own.edit_outcome ?? null,
      lint_outcome: own.lint_outcome ?? null,
      test_outcome: own.test_outcome ?? null,
      is_submitted: 'resolved' in final,
    },
    flags: steps.length === 0 ? ['no_steps'] : [],
  };
}

/** Only the chat that was handed in has been judged. */
const verdictOf = (final: JsonObject): VerdictDraft | undefined =>
  typeof final.resolved === 'boolean'
    ? { source: 'aider', outcome: final.resolved ? 'resolved' : 'unresolved' }
    : undefined;

/** Chats of a transcript: `#### ` the user, `> ` the tool, the rest the model. */
export function readChats(text: string): Chat[] {
  return text
    .split(/^(?=# aider chat started at )/m)
    .filter((piece) => piece.startsWith('# aider chat started at'))
    .map(readChat);
}

function readChat(text: string): Chat {
  const lines = text.split(/\r?\n/);
  const chat: Chat = {
    started: lines[0]!.match(/at (.+)$/)?.[1]?.trim() ?? null,
    model: text.match(/^> Models?: (\S+)/m)?.[1] ?? null,
    cost: 0,
    steps: [],
  };
  let usage: Partial<StepDraft> = {};
  for (const block of blocksOf(lines.slice(1))) {
    if (block.kind === 'user') chat.steps.push({ source: 'user', role_raw: 'user', message: block.text });
    else if (block.kind === 'model') {
      chat.steps.push({
        source: 'agent',
        role_raw: 'assistant',
        message: block.text,
        model_name: chat.model,
        calls: editsIn(block.text),
        ...usage,
      });
      usage = {};
    } else usage = readTool(block.text, chat, usage);
  }
  return chat;
}

interface Block {
  kind: 'user' | 'tool' | 'model';
  text: string;
}

function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  for (const line of lines) {
    const kind = line.startsWith('#### ') || line === '####' ? 'user' : /^> |^>$/.test(line) ? 'tool' : 'model';
    const body = kind === 'user' ? line.slice(5) : kind === 'tool' ? line.slice(2) : line;
    const last = blocks.at(-1);
    if (last && (last.kind === kind || (kind === 'model' && line.trim() === ''))) last.text += `\n${body.trimEnd()}`;
    else if (line.trim() !== '') blocks.push({ kind, text: body.trimEnd() });
  }
  return blocks.map((block) => ({ ...block, text: block.text.trim() }));
}

/** Search and replace blocks, each headed by the file it edits. */
const editsIn = (text: string): StepDraft['calls'] =>
  [...text.matchAll(/^([\w./-]+\.\w+)\s*\n```\w*\n<<<<<<< SEARCH\n([\s\S]*?)>>>>>>> REPLACE/gm)].map((match) => ({
    function_name: 'edit',
    arguments: { path: match[1]!, block: match[2]!.slice(0, 8_000) },
  }));

/** Notes of the tool: costs, applied edits, and the output of the tests. */
function readTool(text: string, chat: Chat, usage: Partial<StepDraft>): Partial<StepDraft> {
  const last = chat.steps.findLast((step) => step.source === 'agent');
  const tokens = [...text.matchAll(/^([\d,]+) prompt tokens, ([\d,]+) completion tokens, \$([\d.]+) cost/gm)].at(-1);
  chat.cost += [...text.matchAll(/^[\d,]+ prompt tokens, [\d,]+ completion tokens, \$([\d.]+) cost/gm)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
  for (const match of text.matchAll(/^Applied edit to (\S+)/gm)) {
    const call = last?.calls?.find(
      (candidate) => (candidate.arguments as { path?: string }).path === match[1] && candidate.result === undefined,
    );
    if (call) call.result = match[0];
    else last?.calls?.push({ function_name: 'edit', arguments: { path: match[1]! }, result: match[0] });
  }
  if (/did not match|SEARCH\/REPLACE block failed|not in the chat|malformed/i.test(text) && last)
    last.error_kind = 'format_error';
  const script = text.match(/^Test Script: (.*?);?\s*$/m);
  if (script)
    last?.calls?.push({
      function_name: 'run_tests',
      arguments: { command: script[1]! },
      command: script[1]!,
      result: text.slice(text.indexOf('Test Script:')),
      exit_code: numberOf(text.match(/Return Code: (\d+)/)?.[1]),
    });
  if (chat.steps.length === 0 && text !== '') chat.steps.push({ source: 'system', role_raw: 'aider', message: text });
  return tokens
    ? {
        prompt_tokens: Number(tokens[1]!.replaceAll(',', '')),
        completion_tokens: Number(tokens[2]!.replaceAll(',', '')),
        cost_usd: Number(tokens[3]),
      }
    : usage;
}

const numberOf = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
