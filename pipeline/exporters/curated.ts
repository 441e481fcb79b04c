import { Repositories, type Repository } from '../../schemas/repositories.ts';
import { type Score, Scores, type Selection, Selections } from '../../schemas/scores.ts';
import { type Skill, Skills } from '../../schemas/skills.ts';
import { type AnswerKey, AnswerKeys, type Task, Tasks } from '../../schemas/tasks.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import { DataError } from '../errors.ts';
import type { Warehouse } from '../warehouse/store.ts';

/** A task that is worth handing out, with everything the engine knows of it. Only exporters see all of this at once. */
export interface CuratedTask {
  task: Task;
  key: AnswerKey;
  repository: Repository;
  /** Null when the task is valid and was not selected. */
  selection: Selection | null;
  score: Score | null;
  /** Card the task drills, as it stood in the round; null for untargeted tasks. */
  skill: Skill | null;
}

export const choices = ['selected', 'valid'] as const;
export type Choice = (typeof choices)[number];

/** The tasks of a round: what was selected by rank, or everything that went through the gates by id. */
export async function curate(store: Warehouse, round: number, choice: Choice): Promise<CuratedTask[]> {
  await requireStage(store, round, choice === 'selected' ? 'select' : 'validate');
  const selections = await store.read(Selections, round);
  const wanted =
    choice === 'selected'
      ? selections.sort((a, b) => a.rank - b.rank || (a.task_id < b.task_id ? -1 : 1)).map((s) => s.task_id)
      : await validTasks(store, round);
  if (wanted.length === 0) throw nothingToExport(round, choice);
  const of = <T>(rows: readonly T[], id: (row: T) => string) => new Map(rows.map((row) => [id(row), row]));
  const tasks = of(await store.read(Tasks, round), (t) => t.task_id);
  const keys = of(await store.read(AnswerKeys, round), (k) => k.task_id);
  const repositories = of(await store.read(Repositories, 0), (r) => r.repository_id);
  const skills = of(await store.read(Skills, round), (s) => s.skill_id);
  const scores = of(await store.read(Scores, round), (s) => s.task_id);
  const chosen = of(selections, (s) => s.task_id);
  return wanted.map((id) => {
    const task = tasks.get(id) ?? missingRow(round, 'tasks', id);
    return {
      task,
      key: keys.get(id) ?? missingRow(round, 'answer_keys', id),
      repository: repositories.get(task.repository_id) ?? missingRow(0, 'repositories', task.repository_id),
      selection: chosen.get(id) ?? null,
      score: scores.get(id) ?? null,
      skill: task.skill_id === null ? null : (skills.get(task.skill_id) ?? null),
    };
  });
}

/** Refuses a round in which a stage has not finished. */
export async function requireStage(store: Warehouse, round: number, stage: string): Promise<void> {
  const finished = (await store.manifests(round)).map((manifest) => manifest.ingredients.stage);
  if (finished.includes(stage)) return;
  const rounds = await store.rounds();
  const here = finished.length === 0 ? `no stage of round ${round} has` : `only ${finished.join(', ')} have`;
  throw DataError.of({
    where: `round ${round}`,
    expected: `its stage ${stage} finished`,
    found: `${here}; rounds in this warehouse: ${rounds.join(', ') || 'none'}`,
    fix: `run make round N=${Math.max(1, round)} first`,
  });
}

async function validTasks(store: Warehouse, round: number): Promise<string[]> {
  const verdicts = await store.read(Verdicts, round);
  return verdicts.filter((v) => v.gate === 'semantics' && v.passed).map((v) => v.task_id);
}

const nothingToExport = (round: number, choice: Choice): DataError =>
  DataError.of({
    where: `round ${round}`,
    expected: `at least one ${choice} task`,
    found: 'none',
    fix:
      choice === 'selected'
        ? 'see socratic sql gate_funnel for why; --tasks valid takes every valid task'
        : 'see socratic sql gate_funnel for why',
  });

/** Refuses a table of a round that lacks a row which another one names. */
export function missingRow(round: number, table: string, id: string): never {
  throw DataError.of({
    where: `table ${table} of round ${round}`,
    expected: `a row for ${id}`,
    found: 'none',
    fix: `run make round N=${Math.max(1, round)} again`,
  });
}
