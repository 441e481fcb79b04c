import { stability } from '../pipeline/selection/stability.ts';
import type { Warehouse } from '../pipeline/warehouse/store.ts';
import { createViews } from '../pipeline/warehouse/views.ts';
import { drawTable } from './draw-table.ts';

const percent = (value: unknown): string =>
  value === null || value === undefined ? '-' : `${(100 * Number(value)).toFixed(1)} %`;

/** What a round came to, for people. */
export async function summary(warehouse: Warehouse, round: number): Promise<string> {
  await createViews(warehouse);
  const ask = (sql: string) => warehouse.database.rows(sql);
  const funnel = await ask(
    `select gate, reason_code, candidate_count, seen_count from gate_funnel where round = ${round}`,
  );
  const skills = await ask(
    `select skills.kind, skills.name, skills.lineage, skills.support, round(lift, 2) as lift, candidate_count as made, valid_count as valid, selected_count as chosen
     from skills left join skill_yield using (round, skill_id) where skills.round = ${round} and lineage in ('new', 'carried') order by kind, z desc, skills.skill_id limit 12`,
  );
  const chosen = await ask(
    `select rank, repositories.name as repository, operator, cosine, pass_rate, value from selections
     inner join scores using (round, task_id) inner join answer_keys using (round, task_id)
     inner join tasks using (round, task_id) inner join repositories on tasks.repository_id = repositories.repository_id
     where selections.round = ${round} order by rank limit 8`,
  );
  const rounds = await ask(`select * from round_summary where round <= ${round}`);
  const now = rounds.at(-1)!;
  const zero = await ask(
    `select count(*)::integer as n from scores where round = ${round} and is_valid and cosine is null`,
  );
  const held = await ask(`select task_count, standard_error from held_out where round = ${round}`);
  const accepted = Number(now.valid_count ?? 0);
  const vectors = await ask(
    `select sketch from sketches where round = ${round} and split = 'validation' order by task_id`,
  );
  const sizes = [10, 25, 50, 100].filter((n) => n <= vectors.length);
  const stable = stability(
    vectors.map((row) => row.sketch as number[]),
    sizes,
    { seed: `round ${round}` },
  );
  return [
    `\nRound ${round}`,
    '\nGates: candidates and why they stopped',
    drawTable(funnel),
    '\nSkills (few and true)',
    drawTable(skills, 70),
    `\nSelection: ${now.selected_count} of ${accepted} valid tasks; ${zero[0]!.n} valid tasks have no gradient (score 0). First ones:`,
    drawTable(chosen),
    `\nStability of the validation direction (bootstrap over ${vectors.length} stored sketches, mean cosine to the whole set): ${stable.map((s) => `n=${s.n} ${s.bootstrap.toFixed(2)}`).join(', ')}`,
    '\nRounds so far',
    drawTable(rounds),
    `\nHeld-out repair ${percent(now.repair_before)} -> ${percent(now.repair_after)} (standard error ${percent(held[0]?.standard_error)}, ${held[0]?.task_count ?? 0} tasks of repositories nothing was trained on, one seed).`,
    `Alignment took ${percent(now.alignment_share)} of the round's time; ${accepted > 0 ? (Number(now.unique_execution_count) / accepted).toFixed(0) : '-'} executions and ${accepted > 0 ? (Number(now.wall_s) / accepted).toFixed(1) : '-'} s per accepted task.`,
  ].join('\n');
}
