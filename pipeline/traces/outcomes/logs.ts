import { isObject, type Json } from '../draft.ts';
import { parsePythonLiteral } from '../python-literal.ts';
import { folderOf } from '../reading/entries.ts';
import { type OutcomeRecord, ranks } from './outcome.ts';
import { outcomesOfReport } from './report.ts';

/** Evaluation logs: the harness's `run_instance.log` with a Python report, and the log of SWE-bench 1.x. */
export function outcomesOfLog(text: string, uri: string): OutcomeRecord[] | null {
  return harnessLog(text, uri) ?? oldLog(text, uri);
}

function harnessLog(text: string, uri: string): OutcomeRecord[] | null {
  const match = text.match(/ - report: (\{.*\})\s*$/m);
  if (!match) return null;
  let report: unknown;
  try {
    report = parsePythonLiteral(match[1]!);
  } catch {
    return null;
  }
  return isObject(report)
    ? (outcomesOfReport(report as Json, uri)?.map((outcome) => ({
        ...outcome,
        rank: ranks.log,
        source: 'harness_log',
      })) ?? null)
    : null;
}

/** Says which instance, and whether the patch applied. Its last line is about all tests that were run, not about the task. */
function oldLog(text: string, uri: string): OutcomeRecord[] | null {
  const task = text.slice(0, 4_000).match(/Instance ID: (\S+)/)?.[1];
  if (!task || !text.startsWith('Task Metadata:')) return null;
  const end = text.match(/>>>>> (All Tests Passed|Some Tests Failed|Tests Errored|Tests Timed Out)/)?.[1] ?? null;
  const applied = /Applied Patch \(pred\)/.test(text) ? true : /Patch Apply Failed/.test(text) ? false : null;
  return [
    {
      uri,
      record: 0,
      folder: folderOf(uri),
      scope: 'task',
      task_id: task,
      source: 'swebench_1_log',
      rank: ranks.none,
      outcome: 'unknown',
      is_patch_applied: applied,
      failure_mode: end,
    },
  ];
}
