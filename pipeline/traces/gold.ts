import { asList, asObject, asText, type GoldDraft, type JsonObject, unwrapJson } from './draft.ts';

/** Keys of a task record that tell the answer. Matched at any depth of what is kept as `extra`. */
const goldKeys = new Set([
  'patch',
  'test_patch',
  'gold_patch',
  'golden_patch',
  'reference_patch',
  'ref_patch',
  'solution',
  'gold_files',
  'FAIL_TO_PASS',
  'PASS_TO_PASS',
  'fail_to_pass',
  'pass_to_pass',
  'hints_text',
  'target',
  'expected_output',
  'expected_output_json',
  'gt_data_hash',
  'ground_truth',
  'instance_dict',
  'task_info',
  'instance',
  'answer_key',
]);

/** Answers that ride along in a SWE-bench-like task record; undefined when there are none. */
export function goldOfInstance(raw: unknown): GoldDraft | undefined {
  const instance = asObject(unwrapJson(raw));
  const gold: GoldDraft = {
    task_id: asText(instance.instance_id),
    repo: asText(instance.repo),
    gold_patch: asText(instance.patch) ?? asText(instance.gold_patch) ?? asText(instance.reference_patch),
    test_patch: asText(instance.test_patch),
    fail_to_pass: testList(instance.FAIL_TO_PASS ?? instance.fail_to_pass),
    pass_to_pass: testList(instance.PASS_TO_PASS ?? instance.pass_to_pass),
    ...(asText(instance.hints_text) ? { extra: { hints_text: asText(instance.hints_text) } } : {}),
  };
  return gold.gold_patch || gold.test_patch || gold.fail_to_pass!.length > 0 || gold.extra ? gold : undefined;
}

/** A list of tests, or the JSON text of one. */
export const testList = (value: unknown): string[] =>
  asList(unwrapJson(value)).filter((item): item is string => typeof item === 'string');

/** A copy without anything that tells the answer, for columns that a Solver may see. */
export function withoutGold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGold);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value as JsonObject)
      .filter(([key]) => !goldKeys.has(key))
      .map(([key, item]) => [key, withoutGold(item)]),
  );
}
