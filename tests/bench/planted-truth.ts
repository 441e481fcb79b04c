/**
 * Do the gates tell the truth? Plants several hundred candidates of known verdict into real libraries and prints
 * precision and recall per reason code, and for tests that flip what arithmetic lets through. Exits 1 on any verdict
 * that arithmetic does not excuse.
 *
 *   make planted-truth
 *   node tests/bench/planted-truth.ts --bases 2 --copies 4 --seed other
 */
import { parseArgs } from 'node:util';
import { drawTable } from '../../jobs/draw-table.ts';
import { reasonCodes } from '../../pipeline/gates/gate.ts';
import { byCode, byFlake, judgeAll, misjudged, plantAll } from '../planted/judgement.ts';
import { flakes, plants, triviality } from '../planted/plants.ts';
import { openPlantedWorld, quickLibraries } from './planted-world.ts';

const { values } = parseArgs({
  options: {
    bases: { type: 'string', default: '1' },
    copies: { type: 'string', default: '3' },
    seed: { type: 'string', default: 'planted' },
    reruns: { type: 'string', default: '5' },
    libraries: { type: 'string', default: quickLibraries.join(',') },
    set: { type: 'string', multiple: true, default: [] },
  },
});
/** Less likely than this and it is no chance. */
const believable = 0.001;

const reruns = Number(values.reruns);
const world = await openPlantedWorld(values.libraries.split(','), { seed: values.seed, reruns, flags: values.set });
try {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const bases = await world.bases(Number(values.bases));
  const names = new Set(bases.map(({ ground }) => ground.repository.name));
  say(`${bases.length} sound bugs in ${names.size} libraries: ${[...names].join(', ')}`);
  const planted = [
    ...(await plantAll(bases, [...plants, ...flakes], world.tools, Number(values.copies))),
    ...(await plantAll(await world.hubs(), [triviality], world.tools)),
  ];
  say(`${planted.length} candidates planted`);
  const judged = await judgeAll(planted, world.groundsOf, (done) => done % 50 === 0 && say(`${done} judged`));
  const share = (value: number | null) => (value === null ? '' : value.toFixed(3));
  console.log(`\n${judged.length} candidates of known verdict in ${names.size} real libraries, ${reruns} runs each\n`);
  const rows = byCode(judged);
  console.log(drawTable(rows.map((row) => ({ ...row, precision: share(row.precision), recall: share(row.recall) }))));
  const absent = Object.keys(reasonCodes).filter((code) => !rows.some((row) => row.reason_code === code));
  console.log(`\nnever planted here, see tests/pipeline/gates: ${absent.join(', ')}\n`);
  const flaky = byFlake(judged, reruns);
  console.log(
    drawTable(
      flaky.map(({ q, planted: count, passed, expected, chance }) => ({
        'flips with chance': q,
        planted: count,
        'passed all gates': passed,
        [`expected, (1-q)^${reruns} + q^${reruns}`]: expected.toFixed(1),
        'chance of so many': chance.toFixed(3),
      })),
    ),
  );
  const wrong = misjudged(judged);
  for (const { plant, base, found, verdicts } of wrong)
    console.log(
      `wrong: ${base.ground.repository.name}, ${plant.name}: ${found} instead of ${plant.expected}: ${verdicts.at(-1)!.detail}`,
    );
  const excess = flaky.filter(({ chance }) => chance < believable);
  for (const { q } of excess) console.log(`wrong: more pass with q=${q} than arithmetic allows`);
  process.exitCode = wrong.length + excess.length > 0 ? 1 : 0;
} finally {
  await world.close();
}
