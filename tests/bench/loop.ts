/**
 * Does the loop learn, and does alignment choose well? Prints held-out repair over rounds per selection policy with
 * paired differences over seeds. Every figure is printed with how it was obtained.
 *
 *   make bench-loop                      5 seeds, 30 tasks per repository
 *   node tests/bench/loop.ts --seeds 8 --tasks 40
 */
import { parseArgs } from 'node:util';
import { loadSettings } from '../../jobs/config.ts';
import { drawTable } from '../../jobs/draw-table.ts';
import { openEngine } from '../../jobs/engine.ts';
import { agreement } from './agreement.ts';
import { type ArmOptions, baseOf, repairRate, runArm, splitPool } from './arms.ts';
import { buildPool } from './pool.ts';
import { interval, mean } from './statistics.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '5' },
    tasks: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '3' },
    rollouts: { type: 'string', default: '64' },
    pairs: { type: 'string', default: '120' },
    arms: { type: 'string', default: 'random,cos,cos_unc,dot,uncertainty,hardness,cheat' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1);
const arms = values.arms.split(',') as ArmOptions['policy'][];

const say = (line: string) => process.stderr.write(`${line}\n`);
const effects = {
  print: (text: string) => process.stdout.write(`${text}\n`),
  log: say,
  isTerminal: false,
  environment: process.env,
};
const settings = loadSettings({ files: [], environment: process.env, flags: values.set });
const engine = await openEngine(settings, effects);
try {
  const started = performance.now();
  const pool = await buildPool(engine, settings, Number(values.tasks), say);
  const names = new Set(pool.map((t) => t.repository.name));
  const share = (test: (t: (typeof pool)[number]) => boolean, of = pool) =>
    (of.filter(test).length / Math.max(1, of.length)).toFixed(2);
  effects.print(
    `\nThe world: ${pool.length} injected single-edit bugs that passed four gates, in ${names.size} real libraries; a log-linear policy over enumerated edits, 12 actions.`,
  );
  effects.print('It says nothing about language-model agents, SWE-bench or bugs that people write.\n');
  const rows = [
    ['all', pool],
    ['python', pool.filter((t) => t.repository.language === 'python')],
    ['javascript', pool.filter((t) => t.repository.language === 'javascript')],
  ] as const;
  effects.print(
    drawTable(
      rows.map(([name, of]) => ({
        language: name,
        tasks: of.length,
        'true function in top 5 (goal .75)': share((t) => t.true_rank >= 0, of),
        'reverse edit among actions (oracle, lower bound; goal .45)': share((t) => t.has_reversal, of),
        'edits per task': Math.round(mean(of.map((t) => t.challenge.prepared.space.size)) || 0),
      })),
      80,
    ),
  );
  effects.print(`\n${await agreement(engine, pool, Number(values.pairs))}\n`);

  const results: { seed: number; base: number; rates: Record<string, number[]> }[] = [];
  for (const seed of seeds) {
    const split = splitPool(pool, seed);
    const { policy: base, used } = await baseOf(split.train, seed);
    const rest = split.train.filter((t) => !used.has(t));
    const chunk = Math.floor(rest.length / Number(values.rounds));
    const options = {
      base,
      split,
      pool: rest,
      seed,
      rounds: Number(values.rounds),
      chunk,
      budget: Math.floor(chunk / 3),
      rollouts: Number(values.rollouts),
    };
    const rates: Record<string, number[]> = {};
    for (const policy of arms) rates[policy] = await runArm({ ...options, policy });
    results.push({ seed, base: await repairRate(base, split.held_out, `base/${seed}`), rates });
    await engine.cache.flush();
    say(
      `seed ${seed}: train ${split.train.length}, validation ${split.validation.length}, held out ${split.held_out.length}; base ${results.at(-1)!.base.toFixed(3)}; ${arms.map((a) => `${a} ${rates[a]!.at(-1)!.toFixed(3)}`).join(', ')}; ${engine.cache.size} executions known; ${((performance.now() - started) / 1000).toFixed(0)} s`,
    );
  }
  const base = results.map((r) => r.base);
  const last = (arm: string) => results.map((r) => r.rates[arm]!.at(-1)!);
  const against = (arm: string, other: readonly number[]) => interval(last(arm).map((x, i) => x - other[i]!));
  effects.print(
    `Held-out repair, ${seeds.length} seeds (each splits the repositories anew), K=${values.rollouts}, a third of each chunk selected, 25 steps a round. Mean [95 % interval of the paired difference].`,
  );
  effects.print(
    drawTable(
      arms.map((arm) => ({
        selection: arm === 'cheat' ? 'cheat (cosine to the held-out gradient)' : arm,
        base: mean(base).toFixed(3),
        ...Object.fromEntries(
          results[0]!.rates[arm]!.map((_, i) => [
            `round ${i + 1}`,
            mean(results.map((r) => r.rates[arm]![i]!)).toFixed(3),
          ]),
        ),
        'minus base': against(arm, base),
        'worst seed': Math.min(...last(arm).map((x, i) => x - base[i]!)).toFixed(3),
        'minus random': arm === 'random' ? '' : against(arm, last('random')),
        'minus hardness': arm === 'hardness' ? '' : against(arm, last('hardness')),
      })),
      40,
    ),
  );
  effects.print(
    `\n${engine.harness.executions.unique} executions run, ${engine.harness.executions.asked} asked, ${((performance.now() - started) / 1000).toFixed(0)} s.`,
  );
} finally {
  await engine.close();
}
