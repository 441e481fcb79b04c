import type { RunOutcome, SandboxOutcome, SuiteRequest, SuiteRun, TestResult } from '../ports.ts';
import { parseMessage, Results } from './messages.ts';

/** Everything that a process of its own reported before it ended. */
export function readReport({ report }: SandboxOutcome, canaries: readonly string[]): Results {
  const results = new Results(canaries);
  for (const line of report.split('\n')) {
    const message = parseMessage(line);
    if (message) results.add(message);
  }
  return results;
}

/** What a run came to, from what was reported and how the process ended. */
export function suiteRun(results: Results, ended: SandboxOutcome, request: SuiteRequest): SuiteRun {
  if (ended.end === 'timeout' && !results.end) results.timeOut();
  const { outcome, detail } = outcomeOf(results, ended, request);
  const tests = outcome === 'broken' || outcome === 'forged' ? [] : results.tests;
  return { outcome, detail, tests, wall_ms: ended.wall_ms };
}

interface Outcome {
  outcome: RunOutcome;
  detail: string | null;
}

function outcomeOf(results: Results, ended: SandboxOutcome, request: SuiteRequest): Outcome {
  if (results.end) return checkedEnd(results.end, results, request);
  if (ended.end === 'killed') return { outcome: 'infrastructure_error', detail: ended.detail };
  if (ended.end !== 'exited') return { outcome: ended.end, detail: ended.detail };
  if (/heap out of memory|Allocation failed/.test(ended.stderr))
    return { outcome: 'memory', detail: 'heap out of memory' };
  if (startFailed(ended)) return { outcome: 'infrastructure_error', detail: lastLines(ended.stderr) };
  return { outcome: 'incomplete', detail: `the process ended by itself (exit code ${ended.exit_code})` };
}

/** Our own scripts or packages could not be loaded: says nothing about the code under test. */
const startFailed = ({ exit_code, stderr }: SandboxOutcome): boolean =>
  exit_code === 127 || (exit_code !== 0 && /Cannot find module '\/(?:runner|node_modules)\//.test(stderr));

const lastLines = (text: string): string => text.trim().slice(-2000);

/** A run that says it is complete must have reported every asked test, and no canary as passed. */
export function checkedEnd(end: Outcome, results: Results, request: SuiteRequest): Outcome {
  const { tests, stop_at_first_failure } = request;
  if (end.outcome !== 'complete') return end;
  if (stop_at_first_failure && results.tests.some(isBad)) return end;
  const absent = stop_at_first_failure ? undefined : tests?.find((id) => !results.has(id));
  if (absent !== undefined) return { outcome: 'incomplete', detail: `did not run: ${absent}` };
  return results.forgery === null ? end : { outcome: 'forged', detail: results.forgery };
}

const isBad = ({ status }: TestResult): boolean => status !== 'passed' && status !== 'skipped';
