import * as z from 'zod';
import { Repositories, type Repository } from '../../schemas/repositories.ts';
import { type AnswerKey, AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import { mapLimit } from '../concurrency.ts';
import type { Grounds } from '../gates/gate.ts';
import { judge } from '../gates/index.ts';
import { applyEdit, unifiedDiff } from '../mutation/patch.ts';
import type { Syntax } from '../mutation/types.ts';
import type { Harness, Library, Stopwatch } from '../ports.ts';
import { remembering } from '../remembering.ts';
import { bootstrap, current, defineStage } from '../stage.ts';
import { type Ground, isTryable, prepareGround, suiteWallMs, testsCovering } from '../tasks/ground.ts';

export const validateParams = z.object({
  /** Runs of the whole suite on the broken tree that must agree test by test (METHOD.md 3). */
  reruns: z.int().min(2).default(5),
  /** Most failing tests: the larger of this and 20 % of the suite. */
  most_failing: z.int().min(1).default(10),
});

/** Sends every candidate through the four gates; one verdict row per gate that looked at it. */
export const validate = defineStage({
  name: 'validate',
  version: 5,
  reads: { repositories: bootstrap(Repositories), tasks: current(Tasks), answer_keys: current(AnswerKeys) },
  writes: { verdicts: Verdicts },
  params: validateParams,
  ports: ['library', 'harness', 'syntax', 'stopwatch'],
  async run({ repositories, tasks, answer_keys }, { params, ports, seed, progress }) {
    const { harness, stopwatch } = ports as unknown as { harness: Harness; stopwatch: Stopwatch };
    const before = { ...harness.executions };
    const keys = new Map(answer_keys.map((key) => [key.task_id, key]));
    const grounds = groundsOf(repositories, { ...params, seed }, ports as never);
    let done = 0;
    const verdicts = await mapLimit(tasks, 4, async (task) => {
      const rows = await judge({ task, key: keys.get(task.task_id)! }, await grounds(task.repository_id), () =>
        stopwatch.now(),
      );
      progress(++done, tasks.length);
      return rows;
    });
    const refused = verdicts.flat().filter((v) => !v.passed);
    return {
      tables: { verdicts: verdicts.flat() },
      dropped: Object.fromEntries(
        Map.groupBy(refused, (v) => v.reason_code)
          .entries()
          .map(([code, rows]) => [code, rows.length]),
      ),
      usage: {
        executions: harness.executions.asked - before.asked,
        unique_executions: harness.executions.unique - before.unique,
      },
    };
  },
});

/** Tests that a bug can touch: those of its function, or the whole suite when the patch does more than the key says. */
function affectedTests(ground: Ground, { path, symbol, bug_start, bug_end, bug_text, bug_patch }: AnswerKey): string[] {
  const fn = ground.modules.get(path)?.functions.find((f) => f.name === symbol);
  const before = ground.sources.get(path) ?? '';
  const named = applyEdit(before, { start: bug_start, end: bug_end, replacement: bug_text });
  const isInside = fn && fn.start <= bug_start && bug_end <= fn.end;
  return isInside && unifiedDiff(path, before, named) === bug_patch
    ? testsCovering(ground, path, fn)
    : ground.repository.tests;
}

/** What the gates may ask about each repository. */
export function groundsOf(
  repositories: readonly Repository[],
  settings: z.infer<typeof validateParams> & { seed: string },
  ports: { library: Library; harness: Harness; syntax: Syntax },
): (repository_id: string) => Promise<Grounds> {
  const byId = new Map(repositories.map((r) => [r.repository_id, r]));
  const open = async (repository: Repository): Promise<Grounds> => {
    const { harness, syntax } = ports;
    const ground = await prepareGround(repository, ports);
    return {
      harness,
      sources: ground.sources,
      baseline_tests: repository.tests,
      affectedTests: remembering((key) => affectedTests(ground, key)),
      isTryable: ({ path, symbol, bug_start, bug_end, bug_text, fail_to_pass }) => {
        const bug = { path, start: bug_start, end: bug_end, replacement: bug_text };
        return isTryable(ground, bug, symbol, fail_to_pass[0]!, ports);
      },
      parses: (_, text) => syntax.parses(repository.language, text),
      functionsOf: (path) => ground.modules.get(path)?.functions.map((fn) => fn.name) ?? [],
      settings: {
        reruns: settings.reruns,
        most_failing: settings.most_failing,
        suite_wall_ms: suiteWallMs(repository),
        seed: settings.seed,
      },
    };
  };
  return remembering((repository_id) => open(byId.get(repository_id)!));
}
