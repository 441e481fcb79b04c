import {
  asFlag,
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
import { goldOfInstance } from '../gold.ts';
import { instanceIn, repoOfInstance } from './format.ts';
import type { GroupFile } from './group.ts';

/** Kinds of file in a task folder of AutoCodeRover, by content; null for anything else. */
export function autoCodeRoverPart(value: unknown): 'meta' | 'cost' | 'status' | 'calls' | null {
  if (isObject(value)) {
    if ('task_info' in value && 'setup_info' in value) return 'meta';
    if ('total_input_tokens' in value && 'elapsed_seconds' in value) return 'cost';
    return 'extract_status' in value ? 'status' : null;
  }
  const first = Array.isArray(value) ? value.flat().at(0) : null;
  return isObject(first) && 'func_name' in first && 'call_ok' in first ? 'calls' : null;
}

/**
 * A task folder: the last conversation round holds all earlier ones; each conversation that wrote a patch is an agent
 * of its own, started by the first.
 */
export function readAutoCodeRover(files: readonly GroupFile[]): { draft: TraceDraft; files: GroupFile[] }[] {
  const part = (kind: string) => asObject(files.find((file) => autoCodeRoverPart(file.value) === kind)?.value);
  const meta = part('meta');
  const chats = files.filter((file) => Array.isArray(file.value) && autoCodeRoverPart(file.value) === null);
  const rounds = chats
    .filter((file) => !/write_patch/.test(file.stem))
    .sort((a, b) => numberIn(a.stem) - numberIn(b.stem));
  const patches = chats
    .filter((file) => /write_patch/.test(file.stem))
    .sort((a, b) => numberIn(a.stem) - numberIn(b.stem));
  const sequence = asList(
    files.find((file) => autoCodeRoverPart(file.value) === 'calls' && !Array.isArray(asList(file.value)[0]))?.value,
  ).map(asObject);
  const folder = files[0]!.source.folder;
  const task = asText(meta.task_id) ?? instanceIn(folder.split('/').at(-1) ?? '');
  const shared = sharedFields(meta, part('cost'), task, folder);
  const states = asList(part('status').extract_status).map((state) => asText(state));
  const last = rounds.at(-1);
  const main: TraceDraft | null = last
    ? {
        format: 'auto-code-rover',
        fields: {
          ...shared.fields,
          exit_status: states.at(-1)?.toLowerCase() ?? folder.split('/').at(-2) ?? null,
          trajectory_id: 'conversation',
        },
        started: shared.started,
        ended: shared.ended,
        steps: searchSteps(asList(last.value).map(asObject), sequence),
        gold: goldOfInstance(meta.task_info),
        extra: { result_class: folder.split('/').at(-2) ?? null, extract_status: states },
        link_id: 'conversation',
      }
    : null;
  const writers = patches.map(
    (file, index): TraceDraft => ({
      format: 'auto-code-rover',
      fields: {
        ...withoutTotals(shared.fields),
        trajectory_id: `write_patch_${numberIn(file.stem)}`,
        attempt: index + 1,
        exit_status: states[index]?.toLowerCase() ?? null,
        agent_name: 'auto-code-rover-patch-writer',
      },
      steps: patchSteps(asList(file.value).map(asObject)),
      gold: main ? undefined : goldOfInstance(meta.task_info),
      link_id: `write_patch_${numberIn(file.stem)}`,
    }),
  );
  const result = writers.map((draft, index) => ({ draft, files: [patches[index]!] }));
  return main ? [{ draft: { ...main, children: [] }, files: rounds }, ...result] : result;
}

const numberIn = (stem: string): number => Number(stem.match(/(\d+)$/)?.[1] ?? 0);

function sharedFields(
  meta: JsonObject,
  cost: JsonObject,
  task: string | null,
  folder: string,
): Pick<TraceDraft, 'fields' | 'started' | 'ended'> {
  const info = asObject(meta.task_info);
  return {
    fields: {
      agent_name: 'auto-code-rover',
      agent_version: asText(cost.commit),
      model_name: asText(cost.model),
      task_id: task,
      repo: asText(info.repo) ?? repoOfInstance(task),
      base_commit: asText(info.base_commit),
      run_id: folder.split('/').at(-3) ?? null,
      prompt_tokens: asWhole(cost.total_input_tokens),
      completion_tokens: asWhole(cost.total_output_tokens),
      cost_usd: asNumber(cost.total_cost),
      problem_statement: asText(info.problem_statement),
    },
    started: cost.start_epoch,
    ended: cost.end_epoch,
  };
}

const withoutTotals = (fields: TraceDraft['fields']): TraceDraft['fields'] => ({
  ...fields,
  prompt_tokens: null,
  completion_tokens: null,
  cost_usd: null,
});

/** Search calls are written into the text; their results come back as "Result of name(arguments):" in the next message. */
function searchSteps(messages: readonly JsonObject[], sequence: readonly JsonObject[]): StepDraft[] {
  const steps: StepDraft[] = [];
  let next = 0;
  for (const message of messages) {
    const text = textOf(message.content);
    const previous = steps.at(-1);
    if (message.role === 'user' && previous?.source === 'agent' && /^Result of \w+\(/.test(text)) {
      previous.calls = resultsIn(text).map((call) => ({ ...call, is_error: failedOf(sequence[next++]) }));
    } else if (
      message.role === 'user' &&
      previous?.source === 'agent' &&
      /search API calls seem not valid/.test(text)
    ) {
      previous.error_kind = 'format_error';
      previous.extra = { refusal: text };
    } else steps.push({ source: sourceOf(message), role_raw: asText(message.role), message: text, calls: [] });
  }
  return steps;
}

const sourceOf = (message: JsonObject): StepDraft['source'] =>
  message.role === 'assistant' ? 'agent' : message.role === 'system' ? 'system' : 'user';
const failedOf = (call: JsonObject | undefined): boolean | null =>
  call === undefined ? null : asFlag(call.call_ok) === false;

function resultsIn(text: string): CallDraft[] {
  return text.split(/^(?=Result of \w+\()/m).flatMap((piece) => {
    const match = piece.match(/^Result of (\w+)\(([\s\S]*?)\):\s*\n?([\s\S]*)$/);
    if (!match) return [];
    const [, function_name, inside, result] = match;
    return [{ function_name: function_name!, arguments: { arguments: inside! }, result: result!.trim() }];
  });
}

/** Each answer is a patch; what follows says whether it could be applied. */
function patchSteps(messages: readonly JsonObject[]): StepDraft[] {
  const steps: StepDraft[] = [];
  for (const message of messages) {
    const text = textOf(message.content);
    const previous = steps.at(-1);
    if (message.role === 'user' && previous?.calls?.[0] && previous.calls[0].result === undefined) {
      previous.calls[0].result = text;
      previous.calls[0].is_error = /could not be applied|could not be extracted|Please try again/i.test(text);
    } else {
      const step: StepDraft = { source: sourceOf(message), role_raw: asText(message.role), message: text, calls: [] };
      const path = text.match(/<file>\s*([^<\s]+)\s*<\/file>/)?.[1];
      if (step.source === 'agent' && path)
        step.calls = [
          {
            function_name: 'write_patch',
            arguments: { path, patch: text.slice(text.indexOf('<file>'), text.indexOf('<file>') + 8_000) },
          },
        ];
      steps.push(step);
    }
  }
  return steps;
}
