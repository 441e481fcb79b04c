import { resolve } from 'node:path';
import * as z from 'zod';
import { openAiWriter } from '../pipeline/adapters/openai-writer.ts';
import { canonicalJson, sha256 } from '../pipeline/hash.ts';
import { type Attempt, type AttemptSources, attemptsOf } from '../pipeline/skills/foreign/attempts.ts';
import { mineForeign } from '../pipeline/skills/foreign/patterns.ts';
import { type ForeignRegistry, foreignRegistry } from '../pipeline/skills/foreign/registry.ts';
import { fingerprintOf, type Ingredients } from '../pipeline/stage.ts';
import type { Database } from '../pipeline/warehouse/database.ts';
import type { Warehouse } from '../pipeline/warehouse/store.ts';
import { createViews } from '../pipeline/warehouse/views.ts';
import { type Skill, Skills } from '../schemas/skills.ts';
import { createTableSql } from '../schemas/table.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';
import { takeLock } from './lock.ts';

const stage = 'distill-imported';
/** When two cards are one, and how many failing attempts each must add to the others. */
export const distinct = { similarity: 0.7, new_traces: 1 };

export default defineCommand({
  summary: 'skill cards out of imported traces alone: what goes wrong where, with the steps that show it',
  options: z.object({
    round: z.coerce.number().int().min(0).default(0).describe('round whose imported traces are read (default 0)'),
    support: z.coerce.number().int().min(1).default(2).describe('fewest attempts behind a card (default 2)'),
    z: z.coerce
      .number()
      .default(1.2)
      .describe('least standard score against other attempts of the repository (default 1.2)'),
    most: z.coerce.number().int().min(1).default(12).describe('most cards about one kind of thing (default 12)'),
    model: z
      .string()
      .optional()
      .describe('model that writes the prose; needs OPENAI_API_KEY, and OPENAI_BASE_URL for other endpoints'),
    budget_usd: z.coerce.number().min(0).default(1).describe('most money for the model (default 1)'),
    price_in: z.coerce.number().min(0).default(0).describe('price of a million prompt tokens in USD'),
    price_out: z.coerce.number().min(0).default(0).describe('price of a million completion tokens in USD'),
    ...asJson,
    ...common,
  }),
  async run({ round, support, z: least, most, model, budget_usd, price_in, price_out, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const release = takeLock(resolve(settings.data, 'warehouse', '.lock'));
    const warehouse = await openWarehouse(settings);
    try {
      await createViews(warehouse);
      const attempts = attemptsOf(await sourcesOf(warehouse.database, round));
      const before = await cardsBefore(warehouse.database, round);
      const patterns = mineForeign(attempts, { support, z: least });
      const write = model
        ? openAiWriter({ model, budget_usd, price_in, price_out, environment: effects.environment, fetch })
        : undefined;
      const registry = await foreignRegistry(patterns, attempts, before, { ...distinct, most, round }, write);
      await commit(warehouse, registry.skills, round, { support, least, most, model: model ?? null }, attempts);
      for (const note of write?.notes ?? []) effects.log(note);
      effects.print(json ? JSON.stringify(registry) : describe(registry, attempts, round));
      return 0;
    } finally {
      warehouse.database.close();
      release();
    }
  },
});

/** What the miner reads, of imported traces of one round. */
export async function sourcesOf(database: Database, round: number): Promise<AttemptSources> {
  const judged = `round = ${round} and trace_id in (select trace_id from traces where round = ${round} and source_format <> 'socratic' and outcome <> 'unknown' and parent_trace_id is null)`;
  const rows = <T>(sql: string): Promise<T[]> => database.rows(sql) as Promise<T[]>;
  return {
    traces: await rows(
      `select trace_id, traces.task_id, traces.repo, traces.outcome, traces.step_count, problem_statement, submission, stg_attempts.model
       from traces inner join stg_attempts using (round, trace_id) where ${judged.replace('round =', 'traces.round =')} and traces.repo is not null order by trace_id`,
    ),
    touches: await rows(
      `select trace_id, path, first_open_step, first_edit_step from stg_touched_files where ${judged} order by all`,
    ),
    errors: await rows(
      `select trace_id, step_id, tool, error_class, path, command, result_start, result_end from stg_tool_errors where ${judged} order by trace_id, step_id, call_index`,
    ),
    tests: await rows(
      `select trace_id, step_id, command, error_class from stg_test_runs where ${judged} order by trace_id, step_id, call_index`,
    ),
    left_failing: await rows(
      `select trace_id, test_id from test_outcomes where expectation = 'fail_to_pass' and status <> 'passed' and ${judged} order by all`,
    ),
  };
}

const kinds = [
  'wrong_place',
  'wrong_repair',
  'refused_edit',
  'missing_program',
  'failing_command',
  'fruitful_place',
  'unfinished',
];

/** Cards of the last earlier round that this command wrote. */
async function cardsBefore(database: Database, round: number): Promise<Skill[]> {
  const mine = `operator in (${kinds.map((kind) => `'${kind}'`).join(', ')}) and round < ${round}`;
  const rows = await database.rows(
    `select * exclude (round) from skills where ${mine} and round = (select max(round) from skills where ${mine}) order by skill_id`,
  );
  return rows as Skill[];
}

async function commit(
  warehouse: Warehouse,
  skills: readonly Skill[],
  round: number,
  params: object,
  attempts: readonly Attempt[],
): Promise<void> {
  const traces = sha256(canonicalJson(attempts.map((attempt) => attempt.trace_id)));
  const ingredients: Ingredients = {
    stage,
    version: 1,
    params,
    seed: '',
    ports: {},
    schemas: { skills: sha256(createTableSql(Skills)).slice(0, 12) },
    inputs: { traces },
  };
  await warehouse.commit({ fingerprint: fingerprintOf(ingredients), ingredients, round, dropped: {}, wall_ms: 0 }, [
    { table: Skills, rows: skills },
  ]);
}

function describe({ skills, refused }: ForeignRegistry, attempts: readonly Attempt[], round: number): string {
  const rows = skills.map((skill) => ({
    skill_id: skill.skill_id,
    kind: skill.kind,
    lineage: skill.lineage,
    name: skill.name,
    attempts: skill.attempt_count,
    tasks: skill.support,
    lift: skill.lift,
    z: skill.z,
  }));
  const reasons = [
    ...Map.groupBy(refused, (entry) => entry.reason.replace(/that only .* has/, 'that only its repository has')),
  ].map(([reason, list]) => `${list.length} ${reason}`);
  return [
    drawTable(rows, 90),
    '',
    `${skills.length} cards of round ${round} from ${attempts.length} judged attempts; ${refused.length} refused as too general${reasons.length > 0 ? ` (${reasons.join('; ')})` : ''}`,
    'socratic skills show <id> has the steps; socratic skills export <folder> writes SKILL.md folders',
  ].join('\n');
}
