import { mapLimit } from '../pipeline/concurrency.ts';
import { DataError } from '../pipeline/errors.ts';
import { type FlakeStatistics, flakeStatistics, type Sweep, sweepOf } from '../pipeline/gates/gold.ts';
import type { Harness } from '../pipeline/ports.ts';
import { groundsOf } from '../pipeline/stages/validate.ts';
import { Repositories } from '../schemas/repositories.ts';
import { AnswerKeys, Tasks } from '../schemas/tasks.ts';
import { Verdicts } from '../schemas/verdicts.ts';
import type { Effects } from './command.ts';
import { drawTable } from './draw-table.ts';
import { openEngine } from './engine.ts';
import { progressBar } from './progress.ts';
import type { Settings } from './settings.ts';

export interface GoldOptions {
  round: number;
  sweeps: number;
  /** Another number runs everything anew. */
  series: number;
  /** Most tasks, the first by id. */
  limit: number;
}

/** Every task that a round let through, judged again in fresh processes, sweep by sweep. Number of unsound tasks. */
export async function checkGold(settings: Settings, options: GoldOptions, effects: Effects): Promise<number> {
  const engine = await openEngine(settings, effects);
  try {
    const { warehouse, library, syntax } = engine;
    const repositories = await warehouse.read(Repositories, 0);
    const passed = await warehouse.read(Verdicts, options.round);
    const valid = new Set(passed.filter((v) => v.gate === 'semantics' && v.passed).map((v) => v.task_id));
    const tasks = (await warehouse.read(Tasks, options.round))
      .filter((task) => valid.has(task.task_id))
      .sort((a, b) => (a.task_id < b.task_id ? -1 : 1))
      .slice(0, options.limit);
    if (tasks.length === 0) throw nothingPublished(options.round);
    const keys = new Map((await warehouse.read(AnswerKeys, options.round)).map((key) => [key.task_id, key]));
    const harness: Harness = engine.harness;
    const grounds = groundsOf(
      repositories,
      { ...settings.validate, seed: settings.seed },
      { library, syntax, harness },
    );
    const bar = progressBar(effects, 'gold');
    const rows: Sweep[] = [];
    for (let sweep = 1; sweep <= options.sweeps; sweep++) {
      const done = await mapLimit(tasks, settings.workers, async (task) => {
        const candidate = { task, key: keys.get(task.task_id)! };
        const row = await sweepOf(candidate, await grounds(task.repository_id), { sweep, series: options.series });
        rows.push(row);
        bar.update(rows.length, tasks.length * options.sweeps);
        return row;
      });
      await engine.cache.flush();
      effects.print(sentence(sweep, done));
    }
    bar.end();
    effects.print(drawTable(table(rows, new Map(repositories.map((r) => [r.repository_id, r.name])))));
    return tasks.length - flakeStatistics(rows).sound_tasks;
  } finally {
    await engine.close();
  }
}

const sentence = (sweep: number, rows: readonly Sweep[]): string =>
  `sweep ${sweep}: the fix passes in ${rows.filter((r) => r.gold_passes).length} of ${rows.length} tasks, the bug shows in ${rows.filter((r) => r.bug_shows).length}`;

/** Statistics of each repository and of all together. */
function table(rows: readonly Sweep[], names: ReadonlyMap<string, string>): object[] {
  const groups = [...Map.groupBy(rows, (row) => names.get(row.repository_id) ?? row.repository_id)].sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return [...groups, ['all', rows] as const].map(([repository, list]) => shown(repository, flakeStatistics(list)));
}

const shown = (repository: string, found: FlakeStatistics): object => ({
  repository,
  tasks: found.tasks,
  'sound in every sweep': found.sound_tasks,
  'differ between sweeps': found.flaky_tasks,
  'sweeps broken off': found.untold,
  'test runs': found.test_runs,
  'wrong runs': found.wrong_runs,
  'rate below (95 %)': found.rate_below.toExponential(1),
});

const nothingPublished = (round: number): DataError =>
  DataError.of({
    where: `round ${round}`,
    expected: 'tasks that passed every gate',
    found: 'none',
    fix: `run make round N=${Math.max(1, round)} first, or give another --round`,
  });
