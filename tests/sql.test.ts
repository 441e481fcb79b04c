import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forRound } from '../jobs/report/answers.ts';
import { type Database, quote } from '../pipeline/warehouse/database.ts';
import { readSqlFile, type SqlFile, sqlFiles } from '../pipeline/warehouse/views.ts';
import { emptyWarehouse, type Plant, plantIn } from './plant.ts';

const [marts, checks] = [[...(await sqlFiles('staging')), ...(await sqlFiles('marts'))], await sqlFiles('checks')];
const [reports, lists] = [await sqlFiles('report'), await sqlFiles('view')];
const named = (files: readonly SqlFile[]): [string, SqlFile][] => files.map((file) => [file.name, file]);

let database: Database;
beforeEach(async () => {
  database = await emptyWarehouse();
});
afterEach(() => database.close());
const plant = (rows: Plant) => plantIn(database, rows);

describe('every query', () => {
  it.each(named([...marts, ...checks, ...reports, ...lists]))(
    '%s binds, says what it reads, and is in order',
    async (name, { sql, header }) => {
      await database.run(`explain ${sql}`);
      expect([...header.reads].sort()).toEqual(await tablesRead(sql));
      expect(header.purpose, `first line: -- ${name}: what for`).not.toBe('');
      expect(lastClause(sql)).toMatch(/^order by /);
    },
  );

  it.each(named(marts))('%s says its grain, in columns it has', async (name, { header }) => {
    const names = (await database.columns(`select * from ${name}`)).map((c) => c.name);
    const grain = header.grain.replace(/^one row per /, '').split(', ');
    expect(names).toEqual(expect.arrayContaining(grain));
  });

  it.each(named(reports))(
    'report %s says its grain, in columns it has, and is of one round',
    async (name, { sql, header }) => {
      const names = (await database.columns(forRound(sql, 2))).map((c) => c.name);
      const grain = header.grain.replace(/^one row per /, '').split(', ');
      expect(names).toEqual(expect.arrayContaining(grain));
      expect(sql, name).toContain("getvariable('round')");
    },
  );

  it.each(named(lists))('list %s says its grain and what its search looks through', async (_, { sql, header }) => {
    const names = (await database.columns(sql)).map((c) => c.name);
    expect(names).toEqual(
      expect.arrayContaining([...header.grain.replace(/^one row per /, '').split(', '), 'search_text']),
    );
  });

  it.each(named(checks))('check %s finds nothing in an empty warehouse', async (_, { sql }) => {
    expect(await database.rows(sql)).toEqual([]);
  });

  it('a header is read line by line', () => {
    const file = readSqlFile('x', '-- x: why\n-- grain: one row per a\n-- reads: b , c\n\nselect 1;\n');
    expect(file.header).toEqual({ purpose: 'why', grain: 'one row per a', reads: ['b', 'c'] });
    expect(file.sql.endsWith('select 1')).toBe(true);
  });
});

/** Tables and marts in DuckDB's own parse tree. Its getTableNames looks through views, and gives up on some queries. */
async function tablesRead(sql: string): Promise<string[]> {
  const [row] = await database.rows(`select json_serialize_sql(${quote(sql)}) as tree`);
  const tree = JSON.parse(String(row!.tree));
  expect(tree.error).toBe(false);
  const [found, defined] = [new Set<string>(), new Set<string>()];
  const walk = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    const { type, table_name, cte_map } = node as {
      type?: string;
      table_name?: string;
      cte_map?: { map: { key: string }[] };
    };
    if (type === 'BASE_TABLE') found.add(table_name!);
    for (const { key } of cte_map?.map ?? []) defined.add(key);
    for (const inner of Object.values(node)) walk(inner);
  };
  walk(tree.statements);
  return [...found].filter((name) => !defined.has(name)).sort();
}

/** The text after the last `order by` that no bracket closes. */
function lastClause(sql: string): string {
  const text = sql.replace(/--.*$/gm, '').toLowerCase();
  const at = text.lastIndexOf('order by');
  const tail = text.slice(at);
  return tail.split(')').length > tail.split('(').length ? '' : tail;
}

interface Case {
  good: Plant;
  /** Each on top of the good rows makes the check speak. */
  wrong: Record<string, Plant>;
}

const verdict = (task_id: string, gate_index: number, passed: boolean, round = 1) => ({
  round,
  task_id,
  gate: ['format', 'grounding', 'execution', 'semantics'][gate_index - 1],
  gate_index,
  passed,
});
const score = (task_id: string, over: object = {}) => ({
  round: 1,
  task_id,
  is_valid: true,
  cosine: 0.5,
  reward: 0.5,
  ...over,
});
const sketch = (task_id: string, split: string, values: number[], over: object = {}) => ({
  round: 1,
  task_id,
  split,
  policy_id: 'p',
  projector_id: 't',
  k: values.length,
  sketch: values,
  ...over,
});

const cases: Record<string, Case> = {
  alignment_agrees: {
    good: {
      sketches: [sketch('v', 'validation', [1, 0, 0, 0]), sketch('a', 'candidate', [1, 0, 0, 0])],
      scores: [score('a', { cosine: 1 })],
    },
    wrong: {
      'a cosine the sketch contradicts': {
        sketches: [sketch('b', 'candidate', [-1, 0, 0, 0], { k: 100 })],
        scores: [score('b', { cosine: 1 })],
      },
      'a gradient by the table and none by the sketch': {
        sketches: [sketch('c', 'candidate', [0, 0, 0, 0], { zero_reason: 'agree' })],
        scores: [score('c', { cosine: 0.9 })],
      },
    },
  },
  every_candidate_judged: {
    good: {
      tasks: [
        { round: 1, task_id: 'a' },
        { round: 2, task_id: 'z' },
      ],
      verdicts: [verdict('a', 1, true)],
    },
    wrong: {
      'a candidate without a verdict': { tasks: [{ round: 1, task_id: 'b' }] },
      'a verdict without a candidate': { verdicts: [verdict('c', 1, true)] },
      'a verdict in another round': { tasks: [{ round: 1, task_id: 'd' }], verdicts: [verdict('d', 1, true, 2)] },
    },
  },
  imports_accounted: {
    good: {
      import_sources: [
        { round: 0, source_uri: 'a', role: 'trace', record_count: 2, reject_count: 1 },
        { round: 0, source_uri: 'b', role: 'side', record_count: 0, reject_count: 0 },
      ],
      ingest_rejects: [{ round: 0, source_uri: 'a', source_record: 3 }],
    },
    wrong: {
      'a rejected file without a reason': {
        import_sources: [{ round: 0, source_uri: 'c', role: 'rejected', record_count: 0, reject_count: 1 }],
      },
      'a trace file without traces': {
        import_sources: [{ round: 0, source_uri: 'd', role: 'trace', record_count: 0, reject_count: 0 }],
      },
    },
  },
  rewards: {
    good: {
      scores: [
        score('a'),
        score('b', { is_valid: false, cosine: null, reward: 0, zero_reason: 'rejected' }),
        score('c', { cosine: null, reward: 0, zero_reason: 'agree' }),
        score('d', { cosine: -0.2, reward: -0.2 }),
      ],
    },
    wrong: {
      'a rejected task that earns': { scores: [score('x', { is_valid: false })] },
      'a reward that is no cosine': { scores: [score('x', { reward: 0.4 })] },
      'a reward that is missing': { scores: [score('x', { reward: null })] },
      'a reward that is no number': { scores: [score('x', { reward: Number.NaN, cosine: Number.NaN })] },
      'nothing without a reason': { scores: [score('x', { cosine: null, reward: 0 })] },
      'a reason for something': { scores: [score('x', { zero_reason: 'agree' })] },
    },
  },
  selections_valid: {
    good: { scores: [score('a')], selections: [{ round: 1, task_id: 'a', rank: 1 }] },
    wrong: {
      'a refused task': {
        scores: [score('b', { is_valid: false })],
        selections: [{ round: 1, task_id: 'b', rank: 2 }],
      },
      'a task without a score': { selections: [{ round: 1, task_id: 'c', rank: 3 }] },
      'a task of another round': { selections: [{ round: 2, task_id: 'a', rank: 1 }] },
    },
  },
  traces_whole: {
    good: {
      traces: [{ round: 0, trace_id: 'a', step_count: 1, tool_call_count: 1 }],
      steps: [{ round: 0, trace_id: 'a', step_id: 1 }],
      tool_calls: [{ round: 0, trace_id: 'a', step_id: 1, call_index: 0 }],
    },
    wrong: {
      'a trace that lost a step': { traces: [{ round: 0, trace_id: 'b', step_count: 1, tool_call_count: 0 }] },
      'a trace with a call too many': { tool_calls: [{ round: 0, trace_id: 'a', step_id: 1, call_index: 1 }] },
    },
  },
  verdicts_have_source: {
    good: {
      traces: [
        { round: 0, trace_id: 'a', outcome: 'resolved', outcome_source: 'report' },
        { round: 0, trace_id: 'b', outcome: 'unknown' },
      ],
    },
    wrong: {
      'a verdict from nowhere': { traces: [{ round: 0, trace_id: 'c', outcome: 'resolved' }] },
      'a source that says nothing': {
        traces: [{ round: 0, trace_id: 'c', outcome: 'unknown', outcome_source: 'report' }],
      },
    },
  },
  verdicts_short_circuit: {
    good: { verdicts: [verdict('a', 1, true), verdict('a', 2, false), verdict('b', 1, false)] },
    wrong: { 'a gate after a refusal': { verdicts: [verdict('a', 3, true)] } },
  },
  wall_between_splits: {
    good: {
      repositories: [
        { round: 0, repository_id: 'r1', name: 'one' },
        { round: 0, repository_id: 'r2', name: 'two' },
      ],
      tasks: [{ round: 1, task_id: 'a', repository_id: 'r1', split: 'train' }],
      trusted_tasks: [{ round: 0, task_id: 't', repository_id: 'r2', split: 'validation' }],
    },
    wrong: {
      'a trained repository that is also trusted': {
        trusted_tasks: [{ round: 0, task_id: 'u', repository_id: 'r1', split: 'held_out' }],
      },
      'the same library under another snapshot': {
        repositories: [{ round: 0, repository_id: 'r3', name: 'one' }],
        trusted_tasks: [{ round: 0, task_id: 'u', repository_id: 'r3', split: 'held_out' }],
      },
    },
  },
};

describe('checks', () => {
  it('has planted rows for each', () => {
    expect(Object.keys(cases).sort()).toEqual(checks.map((c) => c.name));
  });

  it.each(named(checks))('%s is silent on good rows and speaks on each wrong one', async (name, { sql }) => {
    const { good, wrong } = cases[name]!;
    await plant(good);
    expect(await database.rows(sql)).toEqual([]);
    for (const [what, rows] of Object.entries(wrong)) {
      await database.run('begin');
      await plant(rows);
      expect((await database.rows(sql)).length, what).toBeGreaterThan(0);
      await database.run('rollback');
    }
  });
});

describe('marts', () => {
  it('gate_funnel counts who came and who was stopped', async () => {
    await plant({
      verdicts: [
        { ...verdict('a', 1, true), reason_code: 'passed', wall_ms: 500 },
        { ...verdict('b', 1, false), reason_code: 'syntax_error', wall_ms: 500 },
        { ...verdict('a', 2, true), reason_code: 'passed', wall_ms: 0 },
      ],
    });
    const rows = await database.rows('select gate_index, reason_code, candidate_count, seen_count from gate_funnel');
    expect(rows).toEqual([
      { gate_index: 1, reason_code: 'passed', candidate_count: 1, seen_count: 2 },
      { gate_index: 1, reason_code: 'syntax_error', candidate_count: 1, seen_count: 2 },
      { gate_index: 2, reason_code: 'passed', candidate_count: 1, seen_count: 1 },
    ]);
  });

  it('alignment is the cosine to the mean of the validation sketches, each round and checkpoint by itself', async () => {
    await plant({
      sketches: [
        sketch('v1', 'validation', [1, 0]),
        sketch('v2', 'validation', [0, 1]),
        sketch('a', 'candidate', [3, 4]),
        sketch('z', 'candidate', [0, 0], { zero_reason: 'agree' }),
        sketch('a', 'candidate', [-1, 0], { round: 2, policy_id: 'q' }),
        sketch('v1', 'validation', [1, 0], { round: 2, policy_id: 'q' }),
      ],
    });
    const rows = await database.rows('select round, task_id, cosine_sketch from alignment');
    expect(
      rows.map((r) => [r.round, r.task_id, r.cosine_sketch === null ? null : Number(r.cosine_sketch).toFixed(4)]),
    ).toEqual([
      [1, 'a', (7 / (5 * Math.SQRT2)).toFixed(4)],
      [1, 'z', null],
      [2, 'a', '-1.0000'],
    ]);
  });

  it('alignment without a validation gradient has no cosine', async () => {
    await plant({ sketches: [sketch('v', 'validation', [0, 0]), sketch('a', 'candidate', [3, 4])] });
    expect(await database.rows('select cosine_sketch from alignment')).toEqual([{ cosine_sketch: null }]);
  });

  it('round_summary has a line for a round that only prepared', async () => {
    await plant({
      ledger: [{ round: 0, stage: 'prepare', unique_execution_count: 3, wall_ms: 1000, alignment_ms: 0 }],
    });
    const [row] = await database.rows('select * from round_summary');
    expect(row).toMatchObject({
      round: 0,
      selected_count: 0,
      skill_count: 0,
      unique_execution_count: 3,
      wall_s: 1,
      alignment_share: 0,
    });
  });

  it('skill_yield calls a skill dead when every candidate is refused', async () => {
    const task = (task_id: string, skill_id: string | null) => ({ round: 1, task_id, skill_id });
    await plant({
      tasks: [task('a', 's'), task('b', 's'), task('c', 'dead'), task('d', null)],
      scores: [
        score('a'),
        score('b', { is_valid: false }),
        score('c', { is_valid: false }),
        score('d', { cosine: null }),
      ],
      skills: [
        { round: 1, skill_id: 's', name: 'S' },
        { round: 1, skill_id: 'dead', name: 'D' },
      ],
      selections: [{ round: 1, task_id: 'a', rank: 1 }],
    });
    const rows = await database.rows(
      'select skill_id, candidate_count, valid_count, selected_count, is_dead from skill_yield',
    );
    expect(rows).toEqual([
      { skill_id: 'dead', candidate_count: 1, valid_count: 0, selected_count: 0, is_dead: true },
      { skill_id: 's', candidate_count: 2, valid_count: 1, selected_count: 1, is_dead: false },
      { skill_id: 'untargeted', candidate_count: 1, valid_count: 1, selected_count: 0, is_dead: false },
    ]);
  });

  it('solver_failures gives rates over the attempts at our own tasks', async () => {
    const trace = (trace_id: string, outcome: string, failure_mode: string) => ({
      round: 1,
      trace_id,
      task_id: 't',
      repository_id: 'r',
      outcome,
      failure_mode,
    });
    await plant({
      repositories: [{ round: 0, repository_id: 'r', name: 'lib' }],
      answer_keys: [{ round: 1, task_id: 't', operator: 'arith' }],
      traces: [
        trace('1', 'resolved', 'ok'),
        trace('2', 'unresolved', 'exhausted'),
        { round: 1, trace_id: '3', outcome: 'unresolved' },
      ],
    });
    expect(
      await database.rows(
        'select operator, failure_mode, attempt_count, task_count, failure_rate, lift from solver_failures',
      ),
    ).toEqual([
      { operator: 'arith', failure_mode: 'exhausted', attempt_count: 1, task_count: 1, failure_rate: 0.5, lift: 1 },
    ]);
  });

  it('held_out averages over tasks and leaves validation out', async () => {
    const row = (task_id: string, solved_count: number, split = 'held_out') => ({
      round: 1,
      task_id,
      split,
      attempt_count: 4,
      solved_count,
      mean_steps: 3,
    });
    await plant({ evaluations: [row('a', 4), row('b', 0), row('v', 4, 'validation')] });
    const [found] = await database.rows('select * from held_out');
    expect(found).toMatchObject({ round: 1, task_count: 2, repair_rate: 0.5, standard_error: 0.5, mean_steps: 3 });
  });
});
