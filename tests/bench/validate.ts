/**
 * What do the gates cost beyond the tests they run? Judges planted candidates over real libraries with two workers and
 * divides the workers' time by the time that the test runs took by themselves, which leaves out starting the sessions
 * they run in and the idle worker at the end. Time per task early and late shows
 * whether it is flat. All figures come from one call.
 *
 *   make bench-validate
 *   node tests/bench/validate.ts --tasks 2000
 */
import { parseArgs } from 'node:util';
import { drawTable } from '../../jobs/draw-table.ts';
import type { Harness } from '../../pipeline/ports.ts';
import { seededRandom, shuffled } from '../../pipeline/random.ts';
import { judgeAll, plantAll } from '../planted/judgement.ts';
import { flakes, plants } from '../planted/plants.ts';
import { openPlantedWorld, quickLibraries } from './planted-world.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '200' },
    seed: { type: 'string', default: 'bench-validate' },
    libraries: { type: 'string', default: quickLibraries.join(',') },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const workers = 2;
const say = (line: string) => process.stderr.write(`${line}\n`);
const wanted = Number(values.tasks);
const flags = [`workers=${workers}`, ...values.set];
const world = await openPlantedWorld(values.libraries.split(','), { seed: values.seed, reruns: 5, flags });
try {
  const bases = await world.bases(Math.max(1, Math.ceil(wanted / (world.grounds.length * 100))));
  const fixed = bases.length * plants.length;
  const copies = Math.max(1, Math.ceil((wanted - fixed) / (bases.length * flakes.length)));
  const all = await plantAll(bases, [...plants, ...flakes], world.tools, copies);
  const planted = shuffled(all, seededRandom(values.seed)).slice(0, wanted);
  const libraries = new Set(planted.map(({ base }) => base.ground.repository.name));
  say(`${planted.length} candidates over ${libraries.size} libraries; judging`);

  const bare = new Map<string, number>();
  const moments: number[] = [];
  const started = performance.now();
  const judged = await judgeAll(
    planted,
    async (id) => ({ ...(await world.groundsOf(id)), harness: timed(world.tools.harness, bare) }),
    () => moments.push(performance.now() - started),
  );
  const wall_ms = moments.at(-1)!;
  const bare_ms = [...bare.values()].reduce((sum, ms) => sum + ms, 0);
  const line = (text: string) => process.stdout.write(`${text}\n`);
  line(`\n${judged.length} planted candidates, ${libraries.size} real libraries, ${workers} workers, 5 runs each\n`);
  const slice = Math.min(50, Math.floor(judged.length / 2));
  line(
    drawTable([
      { figure: 'wall time of the gates, s', value: (wall_ms / 1000).toFixed(1) },
      { figure: 'test runs', value: bare.size },
      { figure: 'their own time, s', value: (bare_ms / 1000).toFixed(1) },
      {
        figure: 'workers x wall / own time of the runs (goal 1.25)',
        value: ((workers * wall_ms) / bare_ms).toFixed(2),
      },
      { figure: 'candidates judged per worker-hour', value: Math.round((judged.length * 3.6e6) / (workers * wall_ms)) },
      { figure: `ms per task, first ${slice}`, value: Math.round(moments[slice - 1]! / slice) },
      { figure: `ms per task, last ${slice}`, value: Math.round((wall_ms - moments.at(-1 - slice)!) / slice) },
    ]),
  );
  const ends = Map.groupBy(judged, ({ verdicts }) => {
    const { gate_index, gate, passed } = verdicts.at(-1)!;
    return passed ? '5 through' : `${gate_index} ${gate}`;
  });
  const rows = [...ends].sort(([a], [b]) => (a < b ? -1 : 1));
  line('');
  line(
    drawTable(
      rows.map(([end, list]) => ({
        'stopped at': end,
        candidates: list.length,
        share: (list.length / judged.length).toFixed(2),
      })),
    ),
  );
} finally {
  await world.close();
}

/** The harness, with the time that each execution it had not in its cache took by itself. */
function timed(harness: Harness, bare: Map<string, number>): Harness {
  return {
    id: harness.id,
    executions: harness.executions,
    suite: async (repository_id, request) => {
      const execution = harness.executionOf(repository_id, request);
      const isKnown = world.cache.get(execution) !== undefined;
      const run = await harness.suite(repository_id, request);
      if (!isKnown) bare.set(execution, run.wall_ms);
      return run;
    },
    cold: (repository_id, request) => harness.cold(repository_id, request),
    probe: (repository_id, request) => harness.probe(repository_id, request),
    executionOf: (repository_id, request) => harness.executionOf(repository_id, request),
  };
}
