import { mkdir } from 'node:fs/promises';
import { recordExport } from '../../jobs/export-record.ts';
import { contentId, sha256 } from '../../pipeline/hash.ts';
import type { Manifest } from '../../pipeline/stage.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { Ledger } from '../../schemas/ledger.ts';
import { Evaluations, Policies } from '../../schemas/policies.ts';
import { Repositories } from '../../schemas/repositories.ts';
import { Scores, Selections, Sketches } from '../../schemas/scores.ts';
import { Skills } from '../../schemas/skills.ts';
import type { Table } from '../../schemas/table.ts';
import { AnswerKeys, Tasks, TrustedAnswerKeys, TrustedTasks } from '../../schemas/tasks.ts';
import { Steps, TestOutcomes, ToolCalls, Traces } from '../../schemas/traces.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import { type AttemptRows, attempt, evaluationsOf, hostileAttempt, longAttempt, noAttempts } from './attempts.ts';
import { cardsOf, skillIdOf } from './cards.ts';
import { fill } from './fill.ts';
import { scoreOf, selectionOf, sketchesOf, verdictsOf } from './judged.ts';
import { operators, type Planted, plantTask, repositories } from './world.ts';

export interface PlantedRounds {
  rounds: number;
  /** Candidates of each round. */
  candidates: number;
  /** Tasks of each round that are attempted, and how often each. */
  attempted: number;
  attempts: number;
  budget: number;
  trusted: number;
  long_steps: number;
  /** What a round of training adds to every chance of a repair. */
  skill: number;
}

export const smallRounds: PlantedRounds = {
  rounds: 2,
  candidates: 96,
  attempted: 40,
  attempts: 4,
  budget: 24,
  trusted: 40,
  long_steps: 260,
  skill: 0.1,
};

/** Writes the rounds under a folder, as `make round` would leave them. */
export async function plantRounds(data: string, settings: Partial<PlantedRounds> = {}): Promise<void> {
  const given = { ...smallRounds, ...settings };
  await mkdir(`${data}/warehouse`, { recursive: true });
  const database = await Database.open();
  const store = new Warehouse(`${data}/warehouse`, database);
  const trusted = {
    validation: many(given.trusted, (i) => plantTask(`validation/${i}`, 'validation', null)),
    held_out: many(given.trusted, (i) => plantTask(`held_out/${i}`, 'held_out', null)),
  };
  await plantSeeds(store, trusted);
  let before: { tasks: Planted[]; rows: AttemptRows } | null = null;
  for (let round = 0; round <= given.rounds; round++) before = await plantRound(store, round, given, trusted, before);
  database.close();
}

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

type Trusted = Record<'validation' | 'held_out', Planted[]>;

async function plantSeeds(store: Warehouse, { validation, held_out }: Trusted): Promise<void> {
  const all = [...validation, ...held_out];
  await leave(store, 0, 'prepare', [[Repositories, repositories]]);
  await leave(store, 0, 'trusted', [
    [TrustedTasks, all.map(({ task }) => task)],
    [TrustedAnswerKeys, all.map(({ key }) => key)],
  ]);
}

async function plantRound(
  store: Warehouse,
  round: number,
  given: PlantedRounds,
  trusted: Trusted,
  before: { tasks: Planted[]; rows: AttemptRows } | null,
) {
  const policy_id = contentId('policy', round);
  const skill = given.skill * round;
  if (before) await leave(store, round, 'distill', [[Skills, cardsOf(round, before.tasks, before.rows)]]);
  const tasks = many(given.candidates, (i) =>
    plantTask(
      `${round}/${i}`,
      'train',
      round > 0 && i % 5 > 0 ? skillIdOf(operators[i % (3 + 2 * round)] ?? operators[0]) : null,
    ),
  );
  await leave(store, round, 'generate', [
    [Tasks, tasks.map(({ task }) => task)],
    [AnswerKeys, tasks.map(({ key }) => key)],
  ]);
  const verdicts = new Map(tasks.map((planted) => [planted.task.task_id, verdictsOf(planted)]));
  const flat = [...verdicts.values()].flat();
  await leave(store, round, 'validate', [[Verdicts, flat]], {
    dropped: Object.fromEntries(
      [
        ...Map.groupBy(
          flat.filter((v) => !v.passed),
          (v) => v.reason_code,
        ),
      ].map(([code, list]) => [code, list.length]),
    ),
  });
  if (round > 0) await score(store, round, given, tasks, verdicts, trusted.validation);
  const policy = {
    policy_id,
    kind: 'loglinear' as const,
    parameter_count: 4096,
    trained_on: '[]',
    settings: '{}',
    mean_reward: 0.4 + skill,
    trainer: 'gdpo',
  };
  await leave(store, round, round === 0 ? 'warm_start' : 'train', [[Policies, [fill(Policies, policy)]]], {
    wall_ms: 41_000,
  });
  const rows = noAttempts();
  for (const planted of tasks
    .filter((p) => verdicts.get(p.task.task_id)!.every((v) => v.passed))
    .slice(0, given.attempted))
    for (let number = 0; number < given.attempts; number++) attempt(rows, planted, { policy_id, number, skill });
  if (round === 1) {
    hostileAttempt(rows);
    longAttempt(rows, given.long_steps);
  }
  await leave(
    store,
    round,
    'solve',
    [
      [Traces, rows.traces],
      [Steps, rows.steps],
      [ToolCalls, rows.tool_calls],
      [TestOutcomes, rows.test_outcomes],
    ],
    { wall_ms: 67_000 },
  );
  await leave(store, round, 'evaluate', [[Evaluations, evaluationsOf(trusted.held_out, policy_id, skill)]]);
  return { tasks, rows };
}

async function score(
  store: Warehouse,
  round: number,
  given: PlantedRounds,
  tasks: readonly Planted[],
  verdicts: ReadonlyMap<string, ReturnType<typeof verdictsOf>>,
  validation: readonly Planted[],
): Promise<void> {
  const scores = tasks.map((planted) => scoreOf(planted, verdicts.get(planted.task.task_id)!, round));
  const sketches = sketchesOf(validation, contentId('policy', round - 1));
  await leave(
    store,
    round,
    'score',
    [
      [Scores, scores],
      [Sketches, sketches],
    ],
    { wall_ms: 98_000, alignment_ms: 7_400 },
  );
  const selection = selectionOf(tasks, scores, given.budget);
  await leave(store, round, 'select', [[Selections, selection]], { dropped: { budget: 9, score_not_positive: 7 } });
  const task_ids = selection.map((row) => row.task_id);
  await recordExport(store, { round, kind: 'rl', profile: 'verl', digest: sha256(task_ids.join()), task_ids });
}

interface Cost {
  wall_ms?: number;
  alignment_ms?: number;
  dropped?: Record<string, number>;
}

/** A stage that has finished. */
async function leave(
  store: Warehouse,
  round: number,
  stage: string,
  tables: [Table, readonly unknown[]][],
  cost: Cost = {},
): Promise<void> {
  const { wall_ms = 12_000, alignment_ms = 0, dropped = {} } = cost;
  const ingredients: Manifest['ingredients'] = {
    stage,
    version: 1,
    params: { planted: true },
    seed: `planted/${round}/${stage}`,
    ports: { harness: 'planted' },
    schemas: {},
    inputs: {},
  };
  const ledger = fill(Ledger, {
    stage,
    execution_count: 900,
    unique_execution_count: 240,
    wall_ms,
    cpu_ms: 1.4 * wall_ms,
    alignment_ms,
  });
  const fingerprint = contentId('planted', [round, stage]);
  await store.commit({ fingerprint, ingredients, round, dropped, wall_ms }, [
    ...tables.map(([table, rows]) => ({ table, rows })),
    { table: Ledger, rows: [ledger] },
  ]);
}

if (import.meta.main) await plantRounds(process.argv[2]!, process.argv[3] ? JSON.parse(process.argv[3]) : {});
