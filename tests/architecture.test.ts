import { describe, expect, it } from 'vitest';
import { type Import, importsOf, projectFiles, textOf, withoutComments } from './sources.ts';

const files = projectFiles();
const typescript = files.filter((path) => /^(pipeline|schemas|jobs)\/.*\.ts$/.test(path) && !path.endsWith('.d.ts'));

/** Rooms of the pipeline that touch the outside world: only jobs and other edges import them. */
const edges = [
  'warehouse',
  'harness',
  'sandbox',
  'adapters',
  'exporters',
  'repositories',
  'languages/python/runner',
  'languages/javascript/runner',
  'languages/go/runner',
  'sketch/spool',
].map((room) => `pipeline/${room}/`);
/** Pure rooms. `mutation` gathers the languages' grammars; the grammars themselves are rooms of their own. */
const domain = [
  'gates',
  'tasks',
  'skills',
  'arena',
  'alignment',
  'solver',
  'training',
  'selection',
  'mutation',
  'stages',
  'languages/python/syntax',
  'languages/javascript/syntax',
  'languages/go/syntax',
].map((room) => `pipeline/${room}/`);
/** The one edge that pure rooms may ask: its TypeScript twin touches nothing (DESIGN.md 1). */
const pureSketch = ['pipeline/sketch/tps.ts', 'pipeline/sketch/spec.ts', 'pipeline/sketch/sketch.ts'];

/** Copied whole into other people's training code, so it is one file. */
const handedOut = ['pipeline/sketch/py/socratic_sketch.py'];
/** Show the paths that the reader of traces takes out. */
const redaction = ['pipeline/traces/', 'tests/pipeline/traces/', 'tests/fixtures/traces/'];

const isIn = (folders: readonly string[], path: string): boolean => folders.some((folder) => path.startsWith(folder));
const topOf = (path: string): string => (path.startsWith('node:') ? path : path.split('/')[0]!);

interface Rule {
  says: string;
  breaks(edge: Import): boolean;
  /** An import that breaks it. */
  planted: [from: string, to: string];
}

const rules: readonly Rule[] = [
  {
    says: 'schemas import only zod and schemas',
    breaks: ({ from, to }) => isIn(['schemas/'], from) && to !== 'zod' && !isIn(['schemas/'], to),
    planted: ['schemas/x.ts', 'node:fs'],
  },
  {
    says: 'pipeline never imports jobs or tests',
    breaks: ({ from, to }) => isIn(['pipeline/'], from) && ['jobs', 'tests'].includes(topOf(to)),
    planted: ['pipeline/solver/x.ts', 'jobs/config.ts'],
  },
  {
    says: 'jobs never import tests',
    breaks: ({ from, to }) => isIn(['jobs/'], from) && topOf(to) === 'tests',
    planted: ['jobs/x.ts', 'tests/sources.ts'],
  },
  {
    says: 'a stage never imports another stage; they meet in round.ts',
    breaks: ({ from, to }) => isIn(['pipeline/stages/'], from) && isIn(['pipeline/stages/'], to),
    planted: ['pipeline/stages/score.ts', 'pipeline/stages/validate.ts'],
  },
  {
    says: 'domain folders import no edge folder',
    breaks: ({ from, to }) => isIn(domain, from) && isIn(edges, to),
    planted: ['pipeline/gates/x.ts', 'pipeline/warehouse/store.ts'],
  },
  {
    says: 'domain folders ask no part of sketch but the pure one',
    breaks: ({ from, to }) => isIn(domain, from) && isIn(['pipeline/sketch/'], to) && !pureSketch.includes(to),
    planted: ['pipeline/alignment/x.ts', 'pipeline/sketch/load.ts'],
  },
  {
    says: 'domain folders touch neither files, processes nor the network',
    breaks: ({ from, to }) =>
      isIn(domain, from) && /^node:(fs|child_process|net|http|https|os|worker_threads)\b/.test(to),
    planted: ['pipeline/arena/x.ts', 'node:fs/promises'],
  },
  {
    says: 'only jobs and the round know the list of stages',
    breaks: ({ from, to }) =>
      isIn(['pipeline/stages/'], to) && !isIn(['pipeline/stages/', 'jobs/'], from) && from !== 'pipeline/round.ts',
    planted: ['pipeline/runner.ts', 'pipeline/stages/solve.ts'],
  },
];

/** Words that code must not contain, by where. */
const words: readonly { says: string; where: (path: string) => boolean; pattern: RegExp }[] = [
  { says: 'no Math.random: use pipeline/random.ts', where: () => true, pattern: /\bMath\.random\b/ },
  {
    says: 'no clock outside edges and jobs: take a Stopwatch',
    where: (path) => isIn(['pipeline/', 'schemas/'], path) && !isIn(edges, path),
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
  },
  {
    says: 'no environment, arguments or console in the pipeline',
    where: (path) => isIn(['pipeline/', 'schemas/'], path) && !path.endsWith('/build.ts'),
    pattern: /\bprocess\.(env|argv|exit)\b|\bconsole\./,
  },
];

const firstOf = (broken: readonly string[]): string =>
  broken.length === 0 ? 'none' : `${broken[0]} (${broken.length} in all)`;

describe('dependency rule', () => {
  const imports = typescript.flatMap((path) => importsOf(path));
  it.each(rules)('$says', ({ breaks }) => {
    expect(firstOf(imports.filter(breaks).map(({ from, line, to }) => `${from}:${line} imports ${to}`))).toBe('none');
  });

  it.each(rules)('a planted import is caught: $says', ({ breaks, planted: [from, to] }) => {
    expect(breaks({ from, line: 1, to })).toBe(true);
  });

  it('sees imports at all', () => {
    expect(
      importsOf('pipeline/x.ts', "import a from './a.ts';\nawait import('node:fs');\nimport '../jobs/b.ts';"),
    ).toEqual([
      { from: 'pipeline/x.ts', line: 1, to: 'pipeline/a.ts' },
      { from: 'pipeline/x.ts', line: 2, to: 'node:fs' },
      { from: 'pipeline/x.ts', line: 3, to: 'jobs/b.ts' },
    ]);
    expect(imports.length).toBeGreaterThan(300);
  });
});

describe('words', () => {
  it.each(words)('$says', ({ where, pattern }) => {
    const broken = typescript.filter(where).flatMap((path) =>
      withoutComments(textOf(path))
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    );
    expect(firstOf(broken)).toBe('none');
  });
});

describe('house', () => {
  it('has no source file over 400 lines', () => {
    const code = files.filter(
      (path) => !handedOut.includes(path) && /\.(ts|py|cjs|mjs|cpp|hpp|h|cu|sql|md|toml)$/.test(path),
    );
    const long = code
      .map((path) => ({ path, lines: textOf(path).split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(firstOf(long.map(({ path, lines }) => `${path} has ${lines} lines`))).toBe('none');
  });

  it('has a README of at most 30 lines in each room', () => {
    const rooms = new Set(files.flatMap(roomsOf));
    const broken = [...rooms].sort().flatMap((room) => {
      if (!files.includes(`${room}/README.md`)) return [`${room} has no README.md`];
      const lines = textOf(`${room}/README.md`).trimEnd().split('\n').length;
      return lines > 30 ? [`${room}/README.md has ${lines} lines`] : [];
    });
    expect(firstOf(broken)).toBe('none');
  });

  it("names no registry and no folder of anyone's machine", () => {
    const text = files.filter(
      (path) => !isIn(redaction, path) && !/\.(wasm|node|parquet|npy|safetensors|bin|png|gz)$/.test(path),
    );
    const foreign = /registry\.npmjs|pypi\.org|pythonhosted|(?<![\w.])\/(?:root|home\/\w+|Users\/\w+)\/|"resolved":/;
    const broken = text.flatMap((path) =>
      textOf(path)
        .split('\n')
        .flatMap((line, index) => (foreign.test(line) ? [`${path}:${index + 1} ${line.trim().slice(0, 80)}`] : [])),
    );
    const own = broken.filter((line) => !line.startsWith('tests/architecture.test.ts'));
    expect(firstOf(own)).toBe('none');
  });
});

/** The top folders, and the folders directly below them. */
function roomsOf(path: string): string[] {
  const [top, below, ...rest] = path.split('/');
  if (!['pipeline', 'schemas', 'jobs', 'sql', 'tests', 'data'].includes(top!) || below === undefined) return [];
  return rest.length > 0 ? [top!, `${top}/${below}`] : [top!];
}
