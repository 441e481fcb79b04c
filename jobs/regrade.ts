import * as z from 'zod';
import { mapLimit } from '../pipeline/concurrency.ts';
import { DataError } from '../pipeline/errors.ts';
import { judge } from '../pipeline/gates/index.ts';
import { CachedHarness, NotStored } from '../pipeline/harness/harness.ts';
import { groundsOf } from '../pipeline/stages/validate.ts';
import { Repositories } from '../schemas/repositories.ts';
import { AnswerKeys, Tasks } from '../schemas/tasks.ts';
import { Verdicts } from '../schemas/verdicts.ts';
import { asJson, common, defineCommand } from './command.ts';
import { loadSettings } from './config.ts';
import { drawTable } from './draw-table.ts';
import { type Engine, openEngine } from './engine.ts';
import type { Settings } from './settings.ts';

export const anyRound = z.coerce.number({ error: 'expected a round number' }).int().min(0);

export default defineCommand({
  summary: 'judge the tasks of a round again from stored executions; runs no test',
  positionals: ['n'],
  options: z.object({ n: anyRound.describe('round whose verdicts are made again'), ...asJson, ...common }),
  async run({ n, json, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const engine = await openEngine(settings, effects);
    try {
      const rows = await regrade(engine, settings, n);
      const counts = changes(rows);
      effects.print(json ? JSON.stringify(rows) : drawTable(counts));
      const missing = rows.filter((row) => row.regraded === notStored);
      const changed = rows.filter((row) => row.regraded !== row.recorded && row.regraded !== notStored).length;
      if (!json) effects.print(`${rows.length - missing.length} tasks judged again, ${changed} came out differently`);
      if (missing.length > 0) effects.log(whyMissing(missing, engine.harness.id));
      return changed + missing.length > 0 ? 1 : 0;
    } finally {
      await engine.close();
    }
  },
});

interface Regraded {
  task_id: string;
  recorded: string;
  /** What judged it. */
  harness_id: string;
  /** `gate reason`, or `not stored` where an execution is missing. */
  regraded: string;
}

/** The gates as they are now, with settings as they are now, over executions as they were then. */
async function regrade(engine: Engine, settings: Settings, round: number): Promise<Regraded[]> {
  const { warehouse, library, syntax } = engine;
  const manifest = await warehouse.manifest(round, 'validate');
  if (!manifest) throw nothingJudged(round);
  const [repositories, tasks, keys, verdicts] = [
    await warehouse.read(Repositories, 0),
    await warehouse.read(Tasks, round),
    await warehouse.read(AnswerKeys, round),
    await warehouse.read(Verdicts, round),
  ];
  const harness = new CachedHarness({ ...engine.harnessOptions, stored_only: true });
  // the order of reruns comes from the seed that the stage had
  const { seed } = manifest.ingredients;
  const grounds = groundsOf(repositories, { ...settings.validate, seed }, { library, syntax, harness });
  const keyOf = new Map(keys.map((key) => [key.task_id, key]));
  const inOrder = [...verdicts].sort((a, b) => a.gate_index - b.gate_index);
  const lastOf = new Map(inOrder.map((v) => [v.task_id, v] as const));
  return mapLimit(tasks, 4, async (task) => {
    const { gate = 'none', reason_code = 'not judged', harness_id = harness.id } = lastOf.get(task.task_id) ?? {};
    const again = async () => {
      const rows = await judge({ task, key: keyOf.get(task.task_id)! }, await grounds(task.repository_id), () => 0);
      return `${rows.at(-1)!.gate} ${rows.at(-1)!.reason_code}`;
    };
    const regraded = await again().catch((error: unknown) => {
      if (error instanceof NotStored) return notStored;
      throw error;
    });
    return { task_id: task.task_id, recorded: `${gate} ${reason_code}`, harness_id, regraded };
  });
}

const notStored = 'not stored';

/** Executions are stored under the harness that made them. */
function whyMissing(missing: readonly Regraded[], here: string): string {
  const others = [...new Set(missing.map(({ harness_id }) => harness_id))].filter((id) => id !== here).sort();
  const why = others.length > 0 ? `; they were judged by ${others.join(', ')}, which is not ${here}` : '';
  return `${missing.length} tasks could not be judged again: their executions are not stored${why}`;
}

/** How many tasks went from which verdict to which. */
function changes(rows: readonly Regraded[]): { recorded: string; regraded: string; tasks: number }[] {
  const groups = Map.groupBy(rows, ({ recorded, regraded }) => `${recorded}\n${regraded}`);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, [first, ...rest]]) => ({
      recorded: first!.recorded,
      regraded: first!.regraded,
      tasks: rest.length + 1,
    }));
}

const nothingJudged = (round: number): DataError =>
  DataError.of({
    where: `round ${round}`,
    expected: 'verdicts to make again',
    found: 'none',
    fix: `run make round N=${Math.max(1, round)} first`,
  });
