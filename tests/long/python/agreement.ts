/**
 * How often warm runs agree with cold ones on sampled (edit, tests) pairs of the Python seeds, and how much faster a
 * warm probe is. `node tests/long/python/agreement.ts [pairs per seed] [seed] [name ...]`
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonRunner } from '../../../pipeline/languages/python/runner/runner.ts';
import type { Edit, Probe, RepositorySnapshot, Sandbox, SuiteRun, WarmSession } from '../../../pipeline/ports.ts';
import { seededRandom, shuffled } from '../../../pipeline/random.ts';
import { openSandbox } from '../../../pipeline/sandbox/index.ts';
import { openEnvironment, openSeed, type Seed, seeds } from './seeds.ts';

const [pairs = '8', seed = '1', ...names] = process.argv.slice(2);
const environment = await openEnvironment('python3');
/** Short, since endless loops are among the edits. */
const wall_ms = 15_000;
const budget_ms = 2_000;

let coldRuns = 0;
const real = await openSandbox();
const sandbox: Sandbox = {
  ...real,
  run: (command) => {
    coldRuns++;
    return real.run(command);
  },
  start: real.start.bind(real),
};
const runner = pythonRunner({ sandbox, python: environment });

const swaps: [RegExp, (match: string) => string][] = [
  [
    / (==|!=|<=?|>=?) /g,
    (m) => ({ '==': ' != ', '!=': ' == ', '<': ' <= ', '<=': ' < ', '>': ' >= ', '>=': ' > ' })[m.trim()]!,
  ],
  [/ (and|or) /g, (m) => (m === ' and ' ? ' or ' : ' and ')],
  [/ [+-] /g, (m) => (m === ' + ' ? ' - ' : ' + ')],
  [/\b(True|False)\b/g, (m) => (m === 'True' ? 'False' : 'True')],
  [/\b\d+\b/g, (m) => String(Number(m) + 1)],
  [/\bif (?=[\w(])/g, () => 'if not '],
  [/\breturn (?=[\w([{'"])/g, () => 'return None and '],
  [/\bnot /g, () => ''],
];

interface Site extends Edit {
  line: number;
}

/** Token edits on lines that some test executes. */
function sites(repository: RepositorySnapshot, covered: ReadonlyMap<string, string[]>): Site[] {
  return repository.source_paths.flatMap((path) => {
    const text = readFileSync(join(repository.root, path), 'utf8');
    const starts = [0, ...[...text.matchAll(/\n/g)].map((m) => m.index + 1)];
    const lineOf = (offset: number): number => starts.findLastIndex((start) => start <= offset) + 1;
    const found = swaps.flatMap(([pattern, swap]) =>
      [...text.matchAll(pattern)].map((m) => ({
        path,
        start: m.index,
        end: m.index + m[0].length,
        replacement: swap(m[0]),
      })),
    );
    return found
      .map((edit) => ({ ...edit, line: lineOf(edit.start) }))
      .filter((site) => covered.has(`${path}:${site.line}`));
  });
}

/** Tests by the line they execute. */
function testsByLine(run: SuiteRun): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const test of run.tests.filter(({ status }) => status === 'passed')) {
    for (const [path, lines] of Object.entries(test.coverage ?? {})) {
      for (const line of lines) found.set(`${path}:${line}`, [...(found.get(`${path}:${line}`) ?? []), test.test_id]);
    }
  }
  return found;
}

const statuses = (run: SuiteRun): string =>
  JSON.stringify([run.outcome, run.tests.map((test) => [test.test_id, test.status])]);
const messages = (run: SuiteRun): string => JSON.stringify(run.tests.map(({ message, frames }) => [message, frames]));
/** A suite that stopped at its first failure, in the words of a probe. */
const asProbe = (run: SuiteRun): string => (run.outcome === 'complete' ? short(run.tests) : run.outcome);
const probeText = (probe: Probe): string => (probe.outcome === 'ran' ? short(probe.tests) : probe.outcome);
const short = (tests: SuiteRun['tests']): string => JSON.stringify(tests.map((test) => [test.test_id, test.status]));

const total = { pairs: 0, suite: 0, probe: 0, messages: 0, killed: 0, fallback: 0 };

async function measure(seedEntry: Seed): Promise<void> {
  const repository = await openSeed(seedEntry, environment);
  const session = await runner.warm(repository);
  const byLine = testsByLine(await session.suite({ edits: [], coverage: true, wall_ms }));
  const random = seededRandom(`${seed} ${repository.name}`);
  const sampled = shuffled(sites(repository, byLine), random).slice(0, Number(pairs));
  const own = { ...total };
  for (const { line, ...edit } of sampled) {
    const tests = shuffled(byLine.get(`${edit.path}:${line}`)!, random).slice(0, 12);
    const cold = await runner.cold(repository, { edits: [edit], tests, wall_ms });
    const before = coldRuns;
    const warm = await session.suite({ edits: [edit], tests, wall_ms });
    total.fallback += coldRuns - before;
    const first = await runner.cold(repository, { edits: [edit], tests, stop_at_first_failure: true, wall_ms });
    const [probe] = await session.probe({ base: [], candidates: [edit], tests, budget_ms });
    const same = { suite: statuses(cold) === statuses(warm), probe: asProbe(first) === probeText(probe!) };
    total.pairs++;
    total.suite += Number(same.suite);
    total.probe += Number(same.probe);
    total.messages += Number(messages(cold) === messages(warm));
    total.killed += Number(cold.outcome !== 'complete' || cold.tests.some((test) => test.status !== 'passed'));
    const where = `${edit.path}:${line} ${JSON.stringify(edit.replacement)}`;
    if (!same.suite)
      console.log(
        `  suite differs at ${where}: ${statuses(cold).slice(0, 300)} ${cold.detail}\n    ${statuses(warm).slice(0, 300)}`,
      );
    if (!same.probe)
      console.log(
        `  probe differs at ${where}: ${asProbe(first).slice(0, 300)} ${first.detail}\n    ${probeText(probe!).slice(0, 300)}`,
      );
  }
  const speed = await compareSpeed(repository, session, byLine, random);
  await session.close();
  const done = (key: keyof typeof total): number => total[key] - own[key];
  console.log(
    `${repository.name.padEnd(15)} pairs ${done('pairs')} suite ${done('suite')} probe ${done('probe')} messages ${done('messages')} killed ${done('killed')} cold fallback ${done('fallback')}  ${speed}`,
  );
}

/** Time per candidate of a probe of 48 edits over a bug, with the first test that the bug fails, against cold runs. */
async function compareSpeed(
  repository: RepositorySnapshot,
  session: WarmSession,
  byLine: ReadonlyMap<string, string[]>,
  random: () => number,
): Promise<string> {
  for (const { line, ...bug } of shuffled(sites(repository, byLine), random).slice(0, 20)) {
    const run = await session.suite({ edits: [bug], tests: byLine.get(`${bug.path}:${line}`)!.slice(0, 12), wall_ms });
    const failed = run.tests.find((test) => test.status === 'failed');
    if (!failed) continue;
    const tests = [failed.test_id];
    const covered = new Map([...byLine].filter(([, ids]) => ids.includes(failed.test_id)));
    const shift = bug.replacement.length - (bug.end - bug.start);
    const others = shuffled(sites(repository, covered), random).filter(
      (site) => site.path !== bug.path || site.end <= bug.start || site.start >= bug.end,
    );
    const candidates = others
      .slice(0, 48)
      .map(({ line: _, ...site }) =>
        site.path === bug.path && site.start >= bug.end
          ? { ...site, start: site.start + shift, end: site.end + shift }
          : site,
      );
    if (candidates.length > 0) return timed(repository, session, bug, candidates, tests);
  }
  return 'no bug found to probe';
}

async function timed(
  repository: RepositorySnapshot,
  session: WarmSession,
  bug: Edit,
  candidates: Edit[],
  tests: string[],
): Promise<string> {
  const before = coldRuns;
  const start = performance.now();
  const probes = await session.probe({ base: [bug], candidates, tests, budget_ms: 300 });
  const warm_ms = (performance.now() - start) / candidates.length;
  const slow = coldRuns - before;
  const coldStart = performance.now();
  for (const edit of candidates.slice(0, 3)) await runner.cold(repository, { edits: [bug, edit], tests, wall_ms });
  const cold_ms = (performance.now() - coldStart) / Math.min(3, candidates.length);
  const timeouts = probes.filter(({ outcome }) => outcome === 'timeout').length;
  return `probe ${warm_ms.toFixed(1)} ms/candidate (${candidates.length}, ${slow} cold, ${timeouts} timeouts), cold ${cold_ms.toFixed(0)} ms, ${(cold_ms / warm_ms).toFixed(0)}x`;
}

for (const entry of seeds.filter(({ name }) => names.length === 0 || names.includes(name))) await measure(entry);
const percent = (n: number): string => `${((100 * n) / total.pairs).toFixed(1)} %`;
console.log(
  `\n${total.pairs} pairs: suite ${percent(total.suite)}, probe ${percent(total.probe)}, messages and frames ${percent(total.messages)}, killed ${percent(total.killed)}, cold fallback ${percent(total.fallback)}`,
);
