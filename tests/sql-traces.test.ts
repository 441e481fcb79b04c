import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../pipeline/warehouse/database.ts';
import { emptyWarehouse, plantIn } from './plant.ts';

let database: Database;
beforeEach(async () => {
  database = await emptyWarehouse();
});
afterEach(() => database.close());
const plant = (rows: Parameters<typeof plantIn>[1]) => plantIn(database, rows);

describe('marts of imported traces', () => {
  const attempt = (trace_id: string, outcome: string, over: object = {}) => ({
    round: 0,
    trace_id,
    task_id: 't',
    repo: 'o/r',
    model_name: 'm',
    agent_name: 'a',
    outcome,
    exit_class: 'submitted',
    edited_paths: [],
    step_count: 2,
    tool_call_count: 1,
    ...over,
  });
  const call = (trace_id: string, step_id: number, over: object = {}) => ({
    round: 0,
    trace_id,
    step_id,
    call_index: 0,
    function_name: 'bash',
    arguments: '{}',
    action: 'run',
    ...over,
  });

  it('failure_patterns counts an attempt once and compares failing with resolved ones', async () => {
    await plant({
      traces: [
        attempt('f1', 'unresolved'),
        attempt('f2', 'partial'),
        attempt('r1', 'resolved'),
        attempt('u', 'unknown'),
      ],
      tool_calls: [
        call('f1', 1, { error_class: 'TypeError' }),
        call('f1', 2, { error_class: 'TypeError' }),
        call('f2', 1, { error_class: 'TypeError' }),
        call('u', 1, { error_class: 'TypeError' }),
      ],
    });
    const [row] = await database.rows('select * from failure_patterns');
    expect(row).toMatchObject({
      call_count: 3,
      failed_count: 2,
      failed_total: 2,
      resolved_count: 0,
      resolved_total: 1,
    });
    expect(row!.lift).toBeCloseTo(2.5 / 3 / (0.5 / 2), 6);
  });

  it('attempts_per_task is the unbiased pass@k', async () => {
    const runs = ['resolved', 'unresolved', 'unresolved'].map((outcome, i) =>
      attempt(`a${i}`, outcome, { task_id: 'x' }),
    );
    await plant({ traces: [...runs, ...[0, 1, 2].map((i) => attempt(`b${i}`, 'unresolved', { task_id: 'y' }))] });
    const rows = await database.rows(
      'select k, task_count, pass_at_k, pass_at_k_low from attempts_per_task order by k',
    );
    expect(rows.map((r) => [r.k, r.task_count, Number(Number(r.pass_at_k).toFixed(6))])).toEqual([
      [1, 2, Number((1 / 6).toFixed(6))],
      [2, 2, Number((1 / 3).toFixed(6))],
      [3, 2, 0.5],
    ]);
  });

  it('localisation_misses knows the place from the gold patch, else from attempts that resolved the task', async () => {
    await plant({
      traces: [
        attempt('g', 'unresolved', { task_id: 'gold', edited_paths: ['a/wrong.py'] }),
        attempt('hit', 'unresolved', { task_id: 'gold', edited_paths: ['a/right.py'] }),
        attempt('s', 'resolved', { task_id: 'peer', edited_paths: ['b/core.py', 'b/extra.py'] }),
        attempt('s2', 'resolved', { task_id: 'peer', edited_paths: ['b/core.py'] }),
        attempt('p', 'unresolved', { task_id: 'peer', edited_paths: ['b/extra.py'] }),
      ],
      imported_answer_keys: [{ round: 0, trace_id: 'g', task_id: 'gold', gold_paths: ['a/right.py'] }],
      tool_calls: [call('g', 1, { target_path: '/repo/a/right.py' })],
    });
    expect(
      await database.rows('select trace_id, needed_paths, has_looked, known_from from localisation_misses'),
    ).toEqual([
      { trace_id: 'g', needed_paths: ['a/right.py'], has_looked: true, known_from: 'gold patch' },
      { trace_id: 'p', needed_paths: ['b/core.py'], has_looked: false, known_from: 'resolved attempts' },
    ]);
  });

  it('edit_then_error, call_loops, action_ngrams and exploit_scan each see what they look for', async () => {
    await plant({
      traces: [attempt('f', 'unresolved'), attempt('r', 'resolved')],
      tool_calls: [
        call('f', 1, { action: 'edit', error_class: 'edit_refused' }),
        call('f', 2, { action: 'test', action_trigram: 'open edit test', error_class: 'TypeError' }),
        call('f', 3, { repeat_index: 3, command: 'ls', action_trigram: 'run run run' }),
        call('f', 4, { repeat_index: 4, command: 'ls', action_trigram: 'run run run' }),
        call('r', 1, { action_trigram: 'search open edit', suspicion: 'git_history', command: 'git log' }),
      ],
    });
    expect(await database.rows('select error_class, refused_count, next_call_count from edit_then_error')).toEqual([
      { error_class: 'TypeError', refused_count: 0, next_call_count: 1 },
      { error_class: 'edit_refused', refused_count: 1, next_call_count: 0 },
    ]);
    expect(await database.rows('select trace_id, longest_loop, wasted_calls, example from call_loops')).toEqual([
      { trace_id: 'f', longest_loop: 4, wasted_calls: 2, example: 'ls' },
    ]);
    expect(await database.rows('select action_trigram, failed_count from action_ngrams where lift > 1.5')).toEqual([
      { action_trigram: 'run run run', failed_count: 2 },
    ]);
    expect(await database.rows('select trace_id, suspicion, example from exploit_scan')).toEqual([
      { trace_id: 'r', suspicion: 'git_history', example: 'git log' },
    ]);
  });

  it('cost_per_outcome says what a resolved task costs all in all; exit_reasons how attempts end', async () => {
    await plant({
      traces: [
        attempt('1', 'resolved', { cost_usd: 1 }),
        attempt('2', 'unresolved', { cost_usd: 3, exit_class: 'limit', exit_status: 'exit_cost' }),
      ],
    });
    expect(await database.rows('select outcome, total_usd, usd_per_resolved from cost_per_outcome')).toEqual([
      { outcome: 'resolved', total_usd: 1, usd_per_resolved: 4 },
      { outcome: 'unresolved', total_usd: 3, usd_per_resolved: 4 },
    ]);
    expect(await database.rows('select exit_class, exit_status, resolved_share from exit_reasons')).toEqual([
      { exit_class: 'limit', exit_status: 'exit_cost', resolved_share: 0 },
      { exit_class: 'submitted', exit_status: 'none', resolved_share: 1 },
    ]);
  });
});
