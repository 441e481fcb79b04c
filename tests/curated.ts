import { join } from 'node:path';
import { seededRandom } from '../pipeline/random.ts';
import type { Manifest } from '../pipeline/stage.ts';
import { drawer } from '../pipeline/tasks/draw.ts';
import { type Proposal, propose } from '../pipeline/tasks/propose.ts';
import { Warehouse } from '../pipeline/warehouse/store.ts';
import { Repositories, type Repository } from '../schemas/repositories.ts';
import { Scores, Selections } from '../schemas/scores.ts';
import { Skills } from '../schemas/skills.ts';
import { columnsOf, type Row, type Table } from '../schemas/table.ts';
import { AnswerKeys, Tasks } from '../schemas/tasks.ts';
import { Steps, TestOutcomes, ToolCalls, Traces } from '../schemas/traces.ts';
import { gateNames, Verdicts } from '../schemas/verdicts.ts';
import { groundOf, type TinyWorld } from './tiny.ts';

/** Rows with what matters; nullable columns that are left out are null. */
export const rowOf = <T extends Table>(table: T, over: Partial<Row<T>>): Row<T> =>
  ({
    ...Object.fromEntries(columnsOf(table).flatMap((c) => (c.is_nullable ? [[c.name, null]] : []))),
    ...over,
  }) as Row<T>;

export const skill_id = 'skill_demo';
export const evidenceTrace = 'trace_evidence';

/** Two real tasks of each language, judged by the real harness, in a warehouse whose round 1 selected them. */
export async function curatedWarehouse(world: TinyWorld, name = 'warehouse'): Promise<Warehouse> {
  const store = new Warehouse(join(world.folder, name), world.database);
  const repositories: Repository[] = [];
  const proposals: Proposal[] = [];
  for (const language of ['python', 'javascript'] as const) {
    const ground = await groundOf(world, language);
    repositories.push(ground.repository);
    const settings = { per_draw: 1, explore: 1, most_per_function: 1 };
    const next = drawer([ground], [], settings, seededRandom(`export ${language}`));
    for (let left = 2; left > 0; ) {
      const made = await propose(ground, next()!.site, { split: 'train', skill_id, harness: world.harness });
      if (made.key.fail_to_pass.length === 0 || made.key.pass_to_pass.length === 0) continue;
      proposals.push(made);
      left--;
    }
  }
  await commit(store, 0, 'prepare', [[Repositories, repositories]]);
  await commit(store, 0, 'solve', evidence());
  await commit(store, 1, 'distill', [[Skills, [skill]]]);
  await commit(store, 1, 'generate', [
    [Tasks, proposals.map((p) => p.task)],
    [AnswerKeys, proposals.map((p) => p.key)],
  ]);
  const ids = proposals.map((p) => p.task.task_id);
  await commit(store, 1, 'validate', [[Verdicts, ids.flatMap(verdictsOf)]]);
  await commit(store, 1, 'score', [[Scores, ids.map(scoreOf)]]);
  await commit(store, 1, 'select', [[Selections, ids.map(selectionOf)]]);
  await commit(store, 1, 'solve', attempts(proposals));
  return store;
}

export function commit(
  store: Warehouse,
  round: number,
  stage: string,
  tables: [Table, unknown[]][],
): Promise<Manifest> {
  const ingredients = { stage, version: 1, params: {}, seed: '', ports: {}, schemas: {}, inputs: {} };
  const manifest = { fingerprint: 'f', ingredients, round, dropped: {}, wall_ms: 0 };
  return store.commit(
    manifest,
    tables.map(([table, rows]) => ({ table, rows })),
  );
}

const verdictsOf = (task_id: string) =>
  gateNames.map((gate, index) =>
    rowOf(Verdicts, {
      task_id,
      gate,
      gate_index: index + 1,
      passed: true,
      reason_code: 'passed',
      detail: '',
      run_count: 1,
      evidence: '{}',
      harness_id: 'harness/test',
      wall_ms: 0,
    }),
  );

const scoreOf = (task_id: string, index: number) =>
  rowOf(Scores, { task_id, gate: 'passed', is_valid: true, cosine: 0.5 - index / 10, pass_rate: 0.25, reward: 0.5 });

const selectionOf = (task_id: string, index: number) =>
  rowOf(Selections, { task_id, rank: index + 1, policy: 'cos', value: 0.5, bucket: 'b', reason: 'within budget' });

const skill = rowOf(Skills, {
  skill_id,
  name: 'Comparisons at their limits',
  description: 'Fails at the limits of comparisons.',
  applicability: 'A comparison decides.',
  operations: ['look at the limit'],
  kind: 'anti_pattern',
  operator: 'cmp_boundary',
  context: '*',
  failure_mode: 'wrong_place',
  evidence_trace_ids: [evidenceTrace],
  evidence_steps: [`${evidenceTrace}#2`],
  support: 3,
  attempt_count: 6,
  failure_rate: 0.5,
  lift: 1.5,
  lift_low: 1.1,
  lift_high: 2,
  z: 2,
  coverage: 0.2,
  lineage: 'new',
  first_round: 1,
  author: 'miner',
});

const stepOf = (trace_id: string, step_id: number, over: Partial<Row<typeof Steps>>) =>
  rowOf(Steps, {
    trace_id,
    step_id,
    source: 'agent',
    message: `step ${step_id}`,
    is_copied_context: false,
    is_sidechain: false,
    extra: '{}',
    ...over,
  });

const traceOf = (trace_id: string, over: Partial<Row<typeof Traces>>) =>
  rowOf(Traces, {
    trace_id,
    schema_version: 'socratic-trace/1',
    source_format: 'socratic',
    source_uri: 'policy_1',
    source_record: 0,
    record_count: 1,
    agent_name: 'socratic-solver',
    agent_version: '1',
    exit_class: 'submitted',
    edited_paths: [],
    step_count: 3,
    tool_call_count: 1,
    outcome: 'unresolved',
    extra: '{}',
    quality_flags: '[]',
    ...over,
  });

const callOf = (trace_id: string, step_id: number, over: Partial<Row<typeof ToolCalls>>) =>
  rowOf(ToolCalls, {
    trace_id,
    step_id,
    call_index: 0,
    function_name: 'run_tests',
    arguments: '{"tests":["a"]}',
    result_content: 'failed a',
    wall_ms: 0,
    extra: '{}',
    ...over,
  });

function evidence(): [Table, unknown[]][] {
  return [
    [Traces, [traceOf(evidenceTrace, { task_id: 'task_old' })]],
    [Steps, [stepOf(evidenceTrace, 1, { source: 'user' }), stepOf(evidenceTrace, 2, {})]],
    [ToolCalls, [callOf(evidenceTrace, 2, {})]],
    [TestOutcomes, []],
  ];
}

/** Of each task one attempt that repaired it and one that did not; the latter repeats a step of its context. */
function attempts(proposals: readonly Proposal[]): [Table, unknown[]][] {
  const all = proposals.flatMap(({ task, key }) =>
    [true, false].map((is_solved, attempt) => {
      const trace_id = `trace_${task.task_id}_${attempt}`;
      const steps = [
        stepOf(trace_id, 1, { source: 'user', message: task.problem_statement }),
        stepOf(trace_id, 2, { message: 'Run the failing tests.', is_copied_context: !is_solved }),
        stepOf(trace_id, 3, { message: is_solved ? 'Hand in the patch.' : 'Nothing worth handing in.' }),
      ];
      const calls = [callOf(trace_id, 2, {})];
      if (is_solved)
        calls.push(callOf(trace_id, 3, { function_name: 'submit', arguments: '{}', result_content: 'ok' }));
      const trace = traceOf(trace_id, {
        task_id: task.task_id,
        repository_id: task.repository_id,
        language: task.language,
        policy_id: 'policy_1',
        attempt,
        submission: is_solved ? key.fix_patch : null,
        outcome: is_solved ? 'resolved' : 'unresolved',
        problem_statement: task.problem_statement,
        reward: is_solved ? 1 : 0.2,
        full_repair: is_solved ? 1 : 0,
        partial_repair: is_solved ? 1 : 0,
        preservation: 1,
      });
      return { trace, steps, calls };
    }),
  );
  return [
    [Traces, all.map((a) => a.trace)],
    [Steps, all.flatMap((a) => a.steps)],
    [ToolCalls, all.flatMap((a) => a.calls)],
    [TestOutcomes, []],
  ];
}
