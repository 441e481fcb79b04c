import { randomBytes } from 'node:crypto';
import type { SuiteRun, TestResult } from '../ports.ts';

/**
 * Canaries are tests that must fail. They run after the asked ones, in the same process and through the same
 * framework, under names that no code under test can know beforehand. A run in which one does not fail has forged
 * results: none of them counts.
 */

/** Ids of `count` canaries of one run, in a file that does not exist. */
export function newCanaries(count: number, extension: 'py' | 'js' | 'go'): string[] {
  const word = (): string => `test_${randomBytes(6).toString('hex')}`;
  const file = `${word()}.${extension}`;
  return Array.from({ length: count }, () => `${file}::${word()}`);
}

/** Why the results of a run cannot be believed, or null. */
export function forgeryIn(canaries: readonly string[], tests: readonly TestResult[]): string | null {
  const statuses = new Map(tests.map((test) => [test.test_id, test.status]));
  for (const id of canaries) {
    const status = statuses.get(id);
    if (status === undefined) return 'a test that must fail did not report';
    if (status !== 'failed' && status !== 'error') return `a test that must fail came out as ${status}`;
  }
  return null;
}

export const withoutCanaries = (canaries: readonly string[], tests: readonly TestResult[]): TestResult[] =>
  tests.filter((test) => !canaries.includes(test.test_id));

/** One result per test, in order of first report. A failure is never taken back. */
export function merged(tests: readonly TestResult[]): TestResult[] {
  const results = new Map<string, TestResult>();
  for (const test of tests) {
    const known = results.get(test.test_id);
    if (!known || known.status === 'passed' || known.status === 'skipped') results.set(test.test_id, test);
  }
  return [...results.values()];
}

/** A forged run: nothing it says counts. */
export const forged = (detail: string, wall_ms: number): SuiteRun => ({
  outcome: 'forged',
  detail,
  tests: [],
  wall_ms,
});
