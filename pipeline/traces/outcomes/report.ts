import { asFlag, asList, asObject, isObject, type JsonObject, type TestDraft, type VerdictDraft } from '../draft.ts';
import { instanceIn } from '../formats/format.ts';
import { folderOf } from '../reading/entries.ts';
import { type OutcomeRecord, ranks } from './outcome.ts';

const expectations = {
  FAIL_TO_PASS: 'fail_to_pass',
  PASS_TO_PASS: 'pass_to_pass',
  FAIL_TO_FAIL: 'fail_to_fail',
  PASS_TO_FAIL: 'pass_to_fail',
} as const;
const statuses = { success: 'passed', failure: 'failed', skipped: 'skipped' } as const;

/** One instance's SWE-bench report without its id. */
const isFlat = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.resolved === 'boolean' &&
  ('patch_is_None' in value ||
    'patch_exists' in value ||
    'patch_successfully_applied' in value ||
    'tests_status' in value);

/** The verdict of a per-instance report, nested under its id or flat; null when it is neither. */
export function verdictOfReport(value: JsonObject): VerdictDraft | null {
  if (isFlat(value)) return readFlat(value);
  const inner = Object.values(value);
  return inner.length === 1 && isFlat(inner[0]) ? readFlat(asObject(inner[0])) : null;
}

/** Every instance in a report. A flat one names no instance: its folder does. */
export function outcomesOfReport(value: unknown, uri: string): OutcomeRecord[] | null {
  if (!isObject(value)) return null;
  const folder = folderOf(uri);
  const base = { uri, folder, scope: 'task', rank: ranks.report } as const;
  if (isFlat(value))
    return [
      {
        ...base,
        ...readFlat(value),
        record: 0,
        task_id: instanceIn(folder.split('/').at(-1) ?? '') ?? instanceIn(uri),
        ...(instanceIn(uri) ? {} : { scope: 'folder' as const }),
      },
    ];
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([, report]) => isFlat(report))) return null;
  return entries.map(([task_id, report], record) => ({ ...base, ...readFlat(asObject(report)), record, task_id }));
}

function readFlat(report: JsonObject): VerdictDraft {
  const tests = testsOf(asObject(report.tests_status));
  const count = (expectation: string, isPassed: boolean) =>
    tests.filter((test) => test.expectation === expectation && (test.status === 'passed') === isPassed).length;
  const [fixed, broken, kept, lost] = [
    count('fail_to_pass', true),
    count('fail_to_pass', false),
    count('pass_to_pass', true),
    count('pass_to_pass', false),
  ];
  const isPartial = fixed > 0 && broken > 0 && lost === 0;
  const hasTests = 'tests_status' in report;
  return {
    source: 'swebench_report',
    outcome: report.resolved === true ? 'resolved' : isPartial ? 'partial' : 'unresolved',
    is_patch_applied: asFlag(report.patch_successfully_applied),
    is_infra_failure: asFlag(report.infra_failure),
    ...(hasTests
      ? {
          fail_to_pass_passed: fixed,
          fail_to_pass_failed: broken,
          pass_to_pass_passed: kept,
          pass_to_pass_failed: lost,
        }
      : {}),
    tests,
  };
}

function testsOf(status: JsonObject): TestDraft[] {
  const tests: TestDraft[] = [];
  for (const [list, expectation] of Object.entries(expectations)) {
    for (const [key, outcome] of Object.entries(statuses)) {
      for (const test_id of asList(asObject(status[list])[key]))
        if (typeof test_id === 'string') tests.push({ test_id, expectation, status: outcome });
    }
  }
  return tests;
}
