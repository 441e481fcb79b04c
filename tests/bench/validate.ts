/**
 * What do the gates cost beyond the tests they run? Judges planted candidates over real libraries with two workers, then
 * makes every run of tests that the gates asked for once more, bare: one fresh process of the test framework for each,
 * two at a time, as somebody would who has pytest, node:test, tape or mocha and nothing else. The ratio is wall time of
 * the gates over wall time of the bare runs, both of this call.
 *
 * Counted for the gates: everything from opening the repositories to the last verdict, starting their sessions and the
 * idle worker at the end included. Not counted on either side: the run that labelled a candidate's tests, which belongs
 * to whoever proposed it. Not counted for the bare runs: what the sandbox takes for an empty command. Candidates that
 * hang are left out: both sides would wait for the same limit.
 *
 *   make bench-validate
 *   node tests/bench/validate.ts --tasks 2000 --reruns 3     # is the cost of a task flat? Some tens of minutes
 */
import { parseArgs } from 'node:util';
import { drawTable } from '../../jobs/draw-table.ts';
import { SessionPool } from '../../pipeline/harness/pool.ts';
import { seededRandom, shuffled } from '../../pipeline/random.ts';
import { openSandbox } from '../../pipeline/sandbox/index.ts';
import { type Judged, judgeAll, type Planted, plantAll } from '../planted/judgement.ts';
import { flakes, plants } from '../planted/plants.ts';
import { type Bare, runBare } from './bare.ts';
import { noting, Spent } from './noting.ts';
import { openPlantedWorld, quickLibraries } from './planted-world.ts';
import { type Moment, momentOf, slicesOf } from './slices.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '200' },
    reruns: { type: 'string', default: '5' },
    /** Most bare runs; of more runs an even sample is made bare and scaled up. */
    bare: { type: 'string', default: '1000' },
    seed: { type: 'string', default: 'bench-validate' },
    libraries: { type: 'string', default: quickLibraries.join(',') },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const workers = 2;
const say = (line: string) => process.stderr.write(`${line}\n`);
const line = (text: string) => process.stdout.write(`${text}\n`);
const flags = [`workers=${workers}`, ...values.set];
const reruns = Number(values.reruns);
const world = await openPlantedWorld(values.libraries.split(','), { seed: values.seed, reruns, flags });
const { pool: planting } = world.engine.harnessOptions;
try {
  const planted = await plant(Number(values.tasks));
  await planting.close();
  const spent = new Spent();
  const runners = new Map(
    world.grounds.map(({ repository }) => {
      const { snapshot } = world.engine.library.seeds.find((s) => s.repository_id === repository.repository_id)!;
      return [repository.language, world.engine.runnerOf(snapshot!)] as const;
    }),
  );
  const pool = new SessionPool(
    [...runners.values()].map((runner) => noting(runner, spent)),
    workers,
  );
  const moments: Moment[] = [momentOf(0, spent)];
  const judged = await judgeAll(planted, world.over(pool).groundsOf, () => {
    moments.push(momentOf(moments.length, spent));
  });
  await pool.close();
  say(`${spent.runs.length} runs of tests; making them bare`);
  const bare = await runBare(spent.runs, ({ language }) => runners.get(language)!, {
    sandbox: await openSandbox(),
    workers,
    most: Number(values.bare),
  });
  report(judged, moments, spent, bare);
} finally {
  await world.close();
}

/** As many candidates as wanted of every kind but those that hang, in random order. */
async function plant(wanted: number): Promise<Planted[]> {
  const kinds = plants.filter(({ name }) => name !== 'hangs');
  const bases = await world.bases(Math.max(1, Math.ceil(wanted / (world.grounds.length * 100))));
  const copies = Math.max(1, Math.ceil((wanted - bases.length * kinds.length) / (bases.length * flakes.length)));
  const all = await plantAll(bases, [...kinds, ...flakes], world.tools, copies);
  const planted = shuffled(all, seededRandom(values.seed)).slice(0, wanted);
  say(`${planted.length} candidates planted; judging`);
  return planted;
}

function report(judged: readonly Judged[], moments: readonly Moment[], spent: Spent, bare: Bare): void {
  const libraries = new Set(judged.map(({ base }) => base.ground.repository.name));
  line(
    `\n${judged.length} planted candidates, ${libraries.size} real libraries, ${workers} workers, ${reruns} runs each`,
  );
  const [first, last] = [moments[0]!, moments.at(-1)!];
  const wall_ms = last.wall_ms - first.wall_ms;
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  const share = (ms: number) => `${Math.round((100 * ms) / (workers * wall_ms))} %`;
  line(
    '\nwall time of the gates / wall time of the same runs bare, fresh processes; sandbox left out of the bare side\n',
  );
  line(
    drawTable([
      { figure: 'wall time of the gates, s', value: seconds(wall_ms) },
      { figure: 'runs of tests they asked for', value: spent.runs.length },
      {
        figure: `wall time of ${bare.runs === spent.runs.length ? 'these' : `these, from ${bare.runs},`} bare, s`,
        value: seconds(bare.wall_ms),
      },
      { figure: 'left out: an empty run in the sandbox, ms', value: Math.round(bare.sandbox_ms) },
      { figure: 'gates / bare (goal 1.25)', value: (wall_ms / bare.wall_ms).toFixed(2) },
      { figure: 'candidates judged per worker-hour', value: Math.round((judged.length * 3.6e6) / (workers * wall_ms)) },
      { figure: "of the workers' time: runs in their sessions", value: share(spent.running_ms) },
      { figure: `of the workers' time: starting ${spent.sessions} sessions`, value: share(spent.starting_ms) },
      {
        figure: "of the workers' time: neither",
        value: share(workers * wall_ms - spent.running_ms - spent.starting_ms),
      },
      { figure: 'workers x wall / runs in their sessions', value: ((workers * wall_ms) / spent.running_ms).toFixed(2) },
      { figure: 'processor time of the judging process, s', value: seconds(last.cpu_ms - first.cpu_ms) },
    ]),
  );
  line('\nms per task; "ours" is what is not spent in runs of tests\n');
  line(drawTable(slicesOf(moments, workers)));
  line('');
  line(drawTable(endsOf(judged)));
}

function endsOf(judged: readonly Judged[]): object[] {
  const ends = Map.groupBy(judged, ({ verdicts }) => {
    const { gate_index, gate, passed } = verdicts.at(-1)!;
    return passed ? '5 through' : `${gate_index} ${gate}`;
  });
  return [...ends]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([end, list]) => ({
      'stopped at': end,
      candidates: list.length,
      share: (list.length / judged.length).toFixed(2),
    }));
}
