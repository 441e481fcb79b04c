import type { Engine } from '../../jobs/engine.ts';
import { paramsOf, type Settings } from '../../jobs/settings.ts';
import type { Arena, Challenge } from '../../pipeline/arena/arena.ts';
import { type ArenaPort, tasksAtOnce } from '../../pipeline/arena/attempt.ts';
import { mapLimit } from '../../pipeline/concurrency.ts';
import { judge } from '../../pipeline/gates/index.ts';
import { seededRandom } from '../../pipeline/random.ts';
import { runStage } from '../../pipeline/runner.ts';
import { proposeUntil } from '../../pipeline/stages/generate.ts';
import { prepare } from '../../pipeline/stages/prepare.ts';
import { groundsOf } from '../../pipeline/stages/validate.ts';
import type { Proposal } from '../../pipeline/tasks/propose.ts';
import { Repositories, type Repository } from '../../schemas/repositories.ts';

export interface PoolTask {
  challenge: Challenge;
  repository: Repository;
  operator: string;
  /** Rank of the true function among the opened ones, -1 when it is not there. */
  true_rank: number;
  /** The edit that takes the bug back is among the actions. */
  has_reversal: boolean;
}

/** Gate-passed, untargeted tasks of every ready repository, the same number of each. */
export async function buildPool(
  engine: Engine,
  settings: Settings,
  perRepository: number,
  say: (line: string) => void,
): Promise<PoolTask[]> {
  const clock = { wall: () => performance.now(), cpu: () => 0 };
  await runStage(prepare, {
    store: engine.warehouse,
    round: 0,
    seed: settings.seed,
    params: paramsOf(settings, 'prepare', 0),
    ports: engine.ports,
    progress: () => {},
    clock,
  });
  const repositories = (await engine.warehouse.read(Repositories, 0)).filter((r) => r.status === 'ready');
  const arena = (engine.ports.arena as unknown as ArenaPort).of(repositories);
  const tasks: PoolTask[] = [];
  for (const repository of repositories) {
    const started = performance.now();
    const proposals = await validProposals(engine, settings, arena, repository, perRepository);
    const opened = await mapLimit(proposals, tasksAtOnce, (proposal) => openTask(arena, repository, proposal));
    tasks.push(...opened.filter((task) => task !== null));
    await engine.cache.flush();
    say(
      `pool ${repository.name.padEnd(18)} ${opened.length} tasks in ${((performance.now() - started) / 1000).toFixed(0)} s`,
    );
  }
  return tasks;
}

async function validProposals(
  engine: Engine,
  settings: Settings,
  arena: Arena,
  repository: Repository,
  wanted: number,
): Promise<Proposal[]> {
  const proposals = await proposeUntil({
    grounds: [await arena.ground(repository.repository_id)],
    skills: [],
    settings: {
      candidates: Math.ceil(1.35 * wanted),
      draws_per_candidate: 4,
      per_draw: 1,
      explore: 1,
      most_per_function: 6,
    },
    random: seededRandom(`bench/${repository.name}`),
    harness: engine.harness,
    split: repository.split,
    progress: () => {},
  });
  const grounds = groundsOf(
    [repository],
    { ...settings.validate, reruns: 2, seed: 'bench' },
    { library: engine.library, harness: engine.harness, syntax: engine.syntax },
  );
  const judged = await mapLimit(proposals, 4, async (proposal) =>
    (await judge(proposal, await grounds(repository.repository_id), () => 0)).at(-1)!.passed ? proposal : null,
  );
  return judged.filter((p) => p !== null).slice(0, wanted);
}

async function openTask(arena: Arena, repository: Repository, { task, key }: Proposal): Promise<PoolTask | null> {
  const challenge = await arena.open(task, key);
  if (!challenge) return null;
  const true_rank = challenge.prepared.functions.findIndex(
    (f) => f.path === key.path && f.function.name === key.symbol,
  );
  return { challenge, repository, operator: key.operator, true_rank, has_reversal: challenge.reversals.length > 0 };
}
