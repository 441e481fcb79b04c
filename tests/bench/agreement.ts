import type { Engine } from '../../jobs/engine.ts';
import { editOf } from '../../pipeline/arena/arena.ts';
import { editBetween } from '../../pipeline/mutation/edits.ts';
import { seededRandom, shuffled } from '../../pipeline/random.ts';
import type { PoolTask } from './pool.ts';
import { mean, median } from './statistics.ts';

/** Milliseconds per tried edit: warm by task, cold by pair. */
interface Sums {
  pairs: number;
  agree: number;
  warm_ms: number[];
  cold_ms: number[];
}

/**
 * Warm and cold runs of the same (task, edit) pairs in one call: do they agree, and how much faster is warm?
 * Nothing is answered from the cache of executions: both sides run.
 */
export async function agreement(engine: Engine, pool: readonly PoolTask[], pairs: number): Promise<string> {
  const random = seededRandom('agreement');
  const perLanguage: Record<string, Sums> = {};
  for (const language of ['python', 'javascript']) {
    const tasks = shuffled(
      pool.filter((t) => t.repository.language === language),
      random,
    ).slice(0, Math.ceil(pairs / 2 / 4));
    const sums: Sums = { pairs: 0, agree: 0, warm_ms: [], cold_ms: [] };
    for (const task of tasks) await compareTask(engine, task, random, sums);
    perLanguage[language] = sums;
  }
  const lines = Object.entries(perLanguage)
    .filter(([, s]) => s.pairs > 0)
    .map(([language, { pairs: n, agree, warm_ms, cold_ms }]) => {
      const typical = median(cold_ms) / median(warm_ms);
      const overall = mean(cold_ms) / mean(warm_ms);
      return `${language}: ${agree}/${n} agree (goal 99 %); a try warm ${median(warm_ms).toFixed(1)} ms, cold ${median(cold_ms).toFixed(0)} ms: ${typical.toFixed(0)}x by medians (goal 20x), ${overall.toFixed(0)}x by means`;
    });
  return ['Warm runs against cold ones, the same (task, edit, failing test) pairs in this process:', ...lines].join(
    '\n',
  );
}

async function compareTask(
  engine: Engine,
  { challenge, repository }: PoolTask,
  random: () => number,
  sums: Sums,
): Promise<void> {
  const { task, prepared } = challenge;
  const actions = shuffled(
    prepared.actions.flatMap((a, i) => (a.kind === 'edit' ? [i] : [])),
    random,
  );
  // the reverse edit makes the test pass: without it, failures would agree with failures
  const chosen = [...challenge.reversals.slice(0, 1), ...actions.slice(0, 60)];
  const base = baseOf(challenge, engine, repository.repository_id);
  const candidates = chosen.map((a) => editOf(prepared, a));
  const tests = task.failing_tests.slice(0, 1);
  const { snapshot } = engine.library.seeds.find((s) => s.repository_id === repository.repository_id)!;
  const runner = engine.runnerOf(snapshot!);
  const session = await runner.warm(snapshot!);
  await session.probe({ base, candidates: candidates.slice(0, 1), tests, budget_ms: 300 });
  const started = performance.now();
  const warm = await session.probe({ base, candidates, tests, budget_ms: 300 });
  sums.warm_ms.push((performance.now() - started) / candidates.length);
  await session.close();
  for (const index of [0, 1, 2, 3]) {
    if (!candidates[index]) continue;
    const at = performance.now();
    const cold = await runner.cold(snapshot!, { edits: [...base, candidates[index]], tests, wall_ms: 20_000 });
    sums.cold_ms.push(performance.now() - at);
    sums.pairs++;
    const warmPassed = warm[index]!.outcome === 'ran' && warm[index]!.tests.at(-1)?.status === 'passed';
    const coldPassed =
      cold.outcome === 'complete' && cold.tests.every((t) => t.status === 'passed') && cold.tests.length > 0;
    if (warmPassed === coldPassed) sums.agree++;
  }
}

function baseOf(challenge: PoolTask['challenge'], engine: Engine, repository_id: string) {
  const pristine = engine.library.sources(repository_id);
  const changed = [...challenge.workspace.sources].filter(([path, text]) => pristine.get(path) !== text);
  return changed.map(([path, text]) => ({ path, ...editBetween(pristine.get(path)!, text) }));
}
