import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { DataError } from '../pipeline/errors.ts';
import { folderName, skillMarkdown } from '../pipeline/skills/foreign/skill-md.ts';
import { type Database, quote } from '../pipeline/warehouse/database.ts';
import { createViews } from '../pipeline/warehouse/views.ts';
import type { Skill } from '../schemas/skills.ts';
import { asJson, type Command, common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { openWarehouse } from './engine.ts';
import { showCommand } from './show.ts';

const shown = showCommand({
  what: 'skill',
  summary: 'skill cards: ls, show, diff, export',
  table: 'skills',
  key: 'skill_id',
  list: 'select round, skill_id, kind, lineage, name, support, round(lift, 2) as lift, round(z, 1) as z from skills order by round, kind, z desc, skill_id',
  async page(database, id) {
    const [card] = await database.rows(
      `select * from skills where skill_id = ${quote(id)} order by round desc limit 1`,
    );
    const history = await database.rows(
      `select round, lineage, support, attempt_count from skills where skill_id = ${quote(id)} order by round`,
    );
    const steps = card!.evidence_steps as string[];
    return [
      `${card!.name}   (${card!.kind}, ${card!.skill_id})`,
      '',
      String(card!.description),
      `applies when   ${card!.applicability}`,
      'operations',
      ...(card!.operations as string[]).map((text, i) => `  ${i + 1}. ${text}`),
      `evidence       ${steps.length} of ${card!.attempt_count} attempts at ${card!.support} tasks; coverage ${(100 * Number(card!.coverage)).toFixed(0)} % of failed tasks`,
      ...(await Promise.all(steps.slice(0, 6).map((step) => quoteStep(database, step)))),
      'lineage',
      ...history.map((h) => `  round ${h.round}: ${h.lineage}, ${h.support} tasks, ${h.attempt_count} attempts`),
    ].join('\n');
  },
});

/** A step of evidence with what was done there. */
async function quoteStep(database: Database, step: string): Promise<string> {
  const [trace, number] = step.split('#');
  const where = `trace_id = ${quote(trace!)} and step_id = ${Number(number)}`;
  const [call] = await database.rows(
    `select coalesce(command, function_name || ' ' || coalesce(target_path, '')) as done, error_class from tool_calls where ${where} order by call_index limit 1`,
  );
  const done = String(call?.done ?? '')
    .replace(/\s+/g, ' ')
    .slice(0, 90);
  return `  ${step}${done === '' ? '' : `  ${done}`}${call?.error_class ? `  -> ${call.error_class}` : ''}`;
}

const options = z.object({
  action: z
    .enum(['ls', 'show', 'diff', 'export'])
    .default('ls')
    .describe('ls lists, show prints one, diff compares two rounds, export writes SKILL.md folders'),
  id: z.string().optional().describe('skill id or its beginning; two rounds as 1..2 for diff; a folder for export'),
  round: z.coerce.number().int().min(0).optional().describe('only this round'),
  ...asJson,
  ...common,
});
type Options = z.infer<typeof options>;

export default defineCommand({
  summary: shown.summary,
  positionals: ['action', 'id'],
  options,
  async run(given: Options, effects) {
    if (given.action === 'ls' || given.action === 'show') return (shown as Command).run(given, effects);
    const settings = loadSettings({ files: given.config, environment: effects.environment, flags: given.set });
    const warehouse = await openWarehouse(settings);
    try {
      await createViews(warehouse);
      if (given.action === 'diff') await diff(warehouse.database, given, effects);
      else await exportCards(warehouse.database, given, effects);
      return 0;
    } finally {
      warehouse.database.close();
    }
  },
});

/** What became of each card between two rounds. */
async function diff(database: Database, { id, json }: Options, effects: Effects): Promise<void> {
  const [from, to] = (id ?? '').split('..').map((text) => (/^\d+$/.test(text) ? Number(text) : null));
  if (from == null || to == null)
    throw DataError.of({
      where: 'skills diff',
      expected: 'two rounds, for example 1..2',
      found: id ?? 'nothing',
      fix: 'socratic skills ls shows which rounds have cards',
    });
  const rows = await database.rows(
    `with a as (select * from skills where round = ${from}), b as (select * from skills where round = ${to})
     select
       case when a.skill_id is null then 'new' when b.skill_id is null then 'gone' else b.lineage end as change,
       coalesce(b.skill_id, a.skill_id) as skill_id,
       coalesce(b.name, a.name) as name,
       a.attempt_count as attempts_before, b.attempt_count as attempts_after,
       round(a.lift, 2) as lift_before, round(b.lift, 2) as lift_after, b.merged_into
     from a full outer join b on a.skill_id = b.skill_id
     order by 1, 2`,
  );
  effects.print(json ? JSON.stringify(rows) : drawTable(rows));
}

/** A folder with a SKILL.md for every card that stands in the last round that has any, or in the one asked for. */
async function exportCards(database: Database, { id, round }: Options, effects: Effects): Promise<void> {
  if (!id)
    throw DataError.of({
      where: 'skills export',
      expected: 'a folder',
      found: 'nothing',
      fix: 'for example socratic skills export skills/',
    });
  const wanted = round === undefined ? '(select max(round) from skills)' : String(round);
  const cards = (await database.rows(
    `select * exclude (round) from skills where round = ${wanted} and lineage in ('new', 'carried') order by skill_id`,
  )) as Skill[];
  for (const card of cards) {
    const folder = join(id, folderName(card));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'SKILL.md'), skillMarkdown(card));
  }
  effects.print(`${cards.length} skills in ${id}`);
}
