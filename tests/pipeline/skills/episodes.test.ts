import { describe, expect, it } from 'vitest';
import { episodesOf, exceptionIn } from '../../../pipeline/skills/episodes.ts';
import type { AnswerKey, Task } from '../../../schemas/tasks.ts';
import type { Trace } from '../../../schemas/traces.ts';

const task = {
  task_id: 't',
  repository_id: 'r',
  language: 'python',
  problem_statement: 'A test fails:\n- `a::b`: KeyError: x',
} as Task;
const key = { task_id: 't', operator: 'slice', context: 'call' } as AnswerKey;
const trace = (trace_id: string, over: Partial<Trace> = {}) =>
  ({ trace_id, task_id: 't', outcome: 'resolved', failure_mode: 'ok', step_count: 5, ...over }) as Trace;
const read = (traces: Trace[], over = {}) =>
  episodesOf({ traces, tasks: [task], answer_keys: [key], names: new Map([['r', 'alpha']]), ...over });

describe('episodesOf', () => {
  it('reads a trace with its task and key', () => {
    expect(read([trace('1')])).toEqual([
      {
        trace_id: '1',
        task_id: 't',
        repository: 'alpha',
        language: 'python',
        operator: 'slice',
        context: 'call',
        exception: 'KeyError',
        outcome: 'success',
        failure_mode: 'ok',
        step_id: 5,
      },
    ]);
  });

  it.each([
    ['resolved', 'success'],
    ['partial', 'partial'],
    ['unresolved', 'failure'],
  ] as const)('%s is %s', (outcome, expected) => {
    expect(read([trace('1', { outcome })])[0]!.outcome).toBe(expected);
  });

  it('leaves out what is unknown: the outcome, the task, the key', () => {
    expect(
      read([trace('1', { outcome: 'unknown' }), trace('2', { task_id: 'other' }), trace('3', { task_id: null })]),
    ).toEqual([]);
    expect(read([trace('1')], { answer_keys: [] })).toEqual([]);
  });

  it('has a word for what is missing', () => {
    expect(read([trace('1', { failure_mode: null })], { names: new Map() })[0]).toMatchObject({
      failure_mode: 'unknown',
      repository: 'r',
    });
  });

  it.each([
    ['- `a`: TypeError: no', 'TypeError'],
    ['- `a`: assert 1 == 2', 'none'],
    ['- `a`: StopIteration', 'StopIteration'],
    ['- `a`: tally.errors.UnknownItem: x', 'none'],
    ['- `a`: AssertionError: x\n- `b`: KeyError: y', 'AssertionError'],
    ['', 'none'],
  ])('exception in %j is %s', (statement, exception) => {
    expect(exceptionIn(statement)).toBe(exception);
  });
});
