import { describe, expect, it } from 'vitest';
import {
  parseReport,
  type RunEnd,
  type RunRecord,
  suiteRun,
} from '../../../../pipeline/languages/python/runner/records.ts';
import type { SuiteRun } from '../../../../pipeline/ports.ts';

const test = (id: string, status: 'passed' | 'failed' = 'passed'): RunRecord => {
  return { t: 'test', id, status, message: null, exception: null, frames: [], ms: 1 };
};
const begun: RunRecord[] = [{ t: 'started' }, { t: 'collected', ids: ['a', 'b'] }, { t: 'start', id: 'a' }];
const last: RunRecord = { t: 'end', exit: 0 };
const outcome = (records: RunRecord[], end: Partial<RunEnd> = {}): SuiteRun =>
  suiteRun(records, { detail: 'exit code 0', stops_early: false, wall_ms: 1, ...end });

describe('suiteRun', () => {
  it.each<[string, SuiteRun['outcome'], RunRecord[], Partial<RunEnd>]>([
    ['every test reported', 'complete', [...begun, test('a'), test('b'), last], {}],
    ['every asked test reported', 'complete', [...begun, test('a'), last], { asked: ['a'] }],
    ['a test is missing', 'incomplete', [...begun, test('a'), last], {}],
    ['a test that was asked for was never collected', 'incomplete', [...begun, test('a'), last], { asked: ['a', 'z'] }],
    ['it stopped at a failure, as asked', 'complete', [...begun, test('a', 'failed'), last], { stops_early: true }],
    ['it stopped without a failure', 'incomplete', [...begun, test('a'), last], { stops_early: true }],
    ['the last record is missing', 'incomplete', [...begun, test('a'), test('b')], {}],
    [
      'a file could not be collected',
      'broken',
      [{ t: 'started' }, { t: 'collect_error', id: 'f', message: 'm' }, last],
      {},
    ],
    ['the process left while importing', 'broken', [{ t: 'started' }], {}],
    ['pytest itself failed', 'incomplete', [...begun, { t: 'internal_error', message: 'm' }, last], {}],
    ['time was up', 'timeout', begun, { forced: 'timeout' }],
    ['processor time was up', 'timeout', [...begun, { t: 'budget_spent' }], {}],
    [
      'the sandbox failed',
      'infrastructure_error',
      [...begun, test('a'), test('b'), last],
      { forced: 'infrastructure_error' },
    ],
  ])('%s: %s', (_, expected, records, end) => {
    expect(outcome(records, end).outcome).toBe(expected);
  });

  it('names the test that was running when time was up', () => {
    const run = outcome([...begun, test('a'), { t: 'start', id: 'b' }], { forced: 'timeout' });
    expect(run.tests.map(({ test_id, status }) => [test_id, status])).toEqual([
      ['a', 'passed'],
      ['b', 'timeout'],
    ]);
  });
});

describe('parseReport', () => {
  it('leaves out lines that are torn or not ours', () => {
    const report = '{"t":"started"}\nhello\n{"t":"unknown"}\n{"t":"test","id":7}\n\n{"t":"end","exit":0}\n{"t":"sta';
    expect(parseReport(report)).toEqual([{ t: 'started' }, last]);
  });
});
