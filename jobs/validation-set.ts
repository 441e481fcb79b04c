import * as z from 'zod';
import type { ArenaPort } from '../pipeline/arena/attempt.ts';
import { mapLimit } from '../pipeline/concurrency.ts';
import { DataError } from '../pipeline/errors.ts';
import { judge } from '../pipeline/gates/index.ts';
import { canonicalJson, sha256 } from '../pipeline/hash.ts';
import type { Harness, Library } from '../pipeline/ports.ts';
import { seededRandom } from '../pipeline/random.ts';
import { runStage } from '../pipeline/runner.ts';
import { proposeUntil } from '../pipeline/stages/generate.ts';
import { prepare } from '../pipeline/stages/prepare.ts';
import { labelsDigest, refuseOverlap } from '../pipeline/stages/trusted.ts';
import { groundsOf } from '../pipeline/stages/validate.ts';
import { prepareGround } from '../pipeline/tasks/ground.ts';
import type { Proposal } from '../pipeline/tasks/propose.ts';
import { stratified } from '../pipeline/tasks/stratify.ts';
import type { TrustedSpec } from '../pipeline/tasks/trusted-spec.ts';
import { writeAtomic } from '../pipeline/warehouse/files.ts';
import { Repositories, type Repository } from '../schemas/repositories.ts';
import { systemClock } from './clock.ts';
import { common, defineCommand, type Effects } from './command.ts';
import { loadSettings } from './config.ts';
import { type Engine, openEngine, trustedList } from './engine.ts';
import { progressBar } from './progress.ts';
import { paramsOf, type Settings } from './settings.ts';

export default defineCommand({
  summary: 'rebuild the pinned list of trusted tasks from the pinned seeds',
  options: z.object({
    validation: z.coerce.number().int().min(1).default(100).describe('validation tasks wanted (default 100)'),
    held_out: z.coerce.number().int().min(1).default(60).describe('held-out tasks wanted (default 60)'),
    check: z.boolean().default(false).describe('compare with the list in place instead of writing it'),
    ...common,
  }),
  async run({ validation, held_out, check, config, set }, effects) {
    const settings = loadSettings({ files: config, environment: effects.environment, flags: set });
    const engine = await openEngine(settings, effects, { trusted: check ? 'required' : 'optional' });
    try {
      const repositories = await baselines(engine, settings);
      const specs = [
        ...(await build(engine, repositories, 'validation', validation, settings, effects)),
        ...(await build(engine, repositories, 'held_out', held_out, settings, effects)),
      ];
      refuseOverlap(specs, repositories);
      const digest = sha256(canonicalJson(specs));
      const counts = `${specs.filter((s) => s.split === 'validation').length} validation and ${specs.filter((s) => s.split === 'held_out').length} held-out tasks`;
      if (check) return compare(digest, engine, effects);
      await writeAtomic(trustedList, `${JSON.stringify({ digest, tasks: specs }, null, 1)}\n`);
      effects.print(`${trustedList}: ${counts}, digest ${digest.slice(0, 16)}`);
      return 0;
    } finally {
      await engine.close();
    }
  },
});

function compare(digest: string, engine: Engine, effects: Effects): number {
  const pinned = (engine.ports.trusted as { id: string }).id;
  const rebuilt = `trusted/${digest.slice(0, 16)}`;
  effects.print(
    pinned === rebuilt ? `rebuilt the same list: ${rebuilt}` : `the rebuilt list differs: ${rebuilt}, pinned ${pinned}`,
  );
  return pinned === rebuilt ? 0 : 1;
}

async function baselines(engine: Engine, settings: Settings): Promise<Repository[]> {
  const progress = () => {};
  await runStage(prepare, {
    store: engine.warehouse,
    round: 0,
    seed: settings.seed,
    params: paramsOf(settings, 'prepare', 0),
    ports: engine.ports,
    progress,
    clock: systemClock,
  });
  return engine.warehouse.read(Repositories, 0);
}

/** Untargeted bugs that pass every gate, stratified by language, difficulty and operator. */
async function build(
  engine: Engine,
  all: readonly Repository[],
  split: TrustedSpec['split'],
  wanted: number,
  settings: Settings,
  effects: Effects,
): Promise<TrustedSpec[]> {
  const { harness, library, syntax } = engine as { harness: Harness; library: Library; syntax: Engine['syntax'] };
  const repositories = all.filter((r) => r.split === split && r.status === 'ready');
  if (repositories.length === 0)
    throw DataError.of({
      where: `split ${split}`,
      expected: 'at least one ready repository',
      found: 'none',
      fix: 'see make status and data/seeds/repositories.json',
    });
  const grounds = await mapLimit(repositories, 4, (repository) =>
    prepareGround(repository, { library, harness, syntax }),
  );
  const bar = progressBar(effects, split);
  const proposals = await proposeUntil({
    grounds,
    skills: [],
    settings: {
      candidates: Math.ceil(1.8 * wanted),
      draws_per_candidate: 4,
      per_draw: 1,
      explore: 1,
      most_per_function: 3,
    },
    random: seededRandom(`trusted/${split}`),
    harness,
    split,
    progress: bar.update,
  });
  const groundOf = groundsOf(all, { ...settings.validate, seed: `trusted/${split}` }, { library, harness, syntax });
  const judged = await mapLimit(proposals, 4, async (proposal) => {
    const verdicts = await judge(proposal, await groundOf(proposal.task.repository_id), () => 0);
    return verdicts.at(-1)!.passed ? proposal : null;
  });
  await engine.cache.flush();
  const specs = await mapLimit(
    judged.filter((p) => p !== null),
    4,
    (proposal) => specOf(engine, all, proposal),
  );
  bar.end();
  return stratified(specs, wanted);
}

async function specOf(
  engine: Engine,
  repositories: readonly Repository[],
  { task, key }: Proposal,
): Promise<TrustedSpec> {
  const repository = repositories.find((r) => r.repository_id === task.repository_id)!;
  const challenge = await (engine.ports.arena as unknown as ArenaPort).of(repositories).open(task, key);
  const rank =
    challenge?.prepared.functions.findIndex((f) => f.path === key.path && f.function.name === key.symbol) ?? -1;
  return {
    repository: repository.name,
    version: repository.version,
    language: repository.language,
    split: task.split as TrustedSpec['split'],
    path: key.path,
    symbol: key.symbol,
    operator: key.operator,
    start: key.bug_start,
    end: key.bug_end,
    replacement: key.bug_text,
    difficulty: rank === 0 ? 'first' : rank > 0 ? 'near' : 'far',
    fail_to_pass_digest: labelsDigest(key.fail_to_pass),
  };
}
