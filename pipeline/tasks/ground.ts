import type { Repository } from '../../schemas/repositories.ts';
import { applyEdit, editBetween, enumerateBugs } from '../mutation/index.ts';
import type { CandidateEdit, SourceFunction, SourceModule, Syntax } from '../mutation/types.ts';
import type { Coverage, Edit, Harness, Library } from '../ports.ts';
import { remembering } from '../remembering.ts';

/** Wall time of one run of a whole suite before anything is known of it. */
export const baselineWallMs = 120_000;

/** Wall time an edited tree's suite may take: much longer than the pristine one means that it hangs. */
export const suiteWallMs = ({ suite_ms }: Pick<Repository, 'suite_ms'>): number =>
  Math.min(baselineWallMs, Math.max(8000, 15 * suite_ms));

/** A repository made ready for bugs: parsed sources, and which tests execute which lines of the pristine tree. */
export interface Ground {
  repository: Repository;
  sources: ReadonlyMap<string, string>;
  modules: ReadonlyMap<string, SourceModule>;
  /** Pristine coverage by test id. */
  coverage: ReadonlyMap<string, Coverage>;
}

/** A place where a bug can be put so that some test executes it. */
export interface Site {
  repository_id: string;
  edit: CandidateEdit;
  function: SourceFunction;
}

export async function prepareGround(
  repository: Repository,
  { harness, library, syntax }: { harness: Harness; library: Library; syntax: Syntax },
): Promise<Ground> {
  const sources = library.sources(repository.repository_id);
  const modules = new Map([...sources].map(([path, text]) => [path, syntax.parse(repository.language, path, text)]));
  const run = await harness.suite(repository.repository_id, {
    edits: [],
    tests: repository.tests,
    coverage: true,
    wall_ms: 4 * baselineWallMs,
  });
  const coverage = new Map(run.tests.map((test) => [test.test_id, test.coverage ?? {}]));
  return { repository, sources, modules, coverage };
}

/** Every bug site on a covered line, in order of path and position. */
export function sitesOf({ repository, modules, coverage }: Ground): Site[] {
  const covered = coveredLines(coverage.values());
  return [...modules.values()].flatMap((module) => {
    const lines = covered.get(module.path);
    if (!lines || module.has_error) return [];
    return module.functions.flatMap((fn) =>
      enumerateBugs(module, fn)
        .filter((edit) => lines.has(edit.line))
        .map((edit) => ({ repository_id: repository.repository_id, edit, function: fn })),
    );
  });
}

/** A blank at the end of the first line after the docstring: an edit that changes nothing. Null in a one-line body. */
function blankIn(text: string, path: string, fn: SourceFunction): Edit | null {
  const statement = fn.body_start + text.slice(fn.body_start).search(/\S/);
  const at = text.indexOf('\n', statement);
  return at < 0 || at >= fn.end ? null : { path, start: at, end: at, replacement: ' ' };
}

/** Whether edits of a function can be put into a warm session's loaded program. */
export async function isWarm(ground: Ground, path: string, fn: SourceFunction, harness: Harness): Promise<boolean> {
  const [test] = testsCovering(ground, path, fn);
  const blank = blankIn(ground.sources.get(path)!, path, fn);
  if (test === undefined || blank === null) return true;
  const [probe] = await harness.probe(ground.repository.repository_id, {
    base: [],
    candidates: [blank],
    tests: [test],
    budget_ms: warmthBudgetMs,
  });
  return probe!.cold_because !== 'cannot_swap';
}

/**
 * Whether attempts at a bug can be made in a warm session: its function can be swapped, and its first failing test
 * fails there too. A bug that only shows while the program is loaded would cost a cold run an attempt.
 */
export async function isTryable(
  ground: Ground,
  bug: Edit,
  symbol: string,
  test: string,
  ports: TryPorts,
): Promise<boolean> {
  const { repository, modules, sources } = ground;
  const fn = modules.get(bug.path)?.functions.find((f) => f.name === symbol);
  if (!fn || !(await isWarm(ground, bug.path, fn, ports.harness))) return false;
  const before = sources.get(bug.path)!;
  const after = applyEdit(before, bug);
  const broken = ports.syntax.parse(repository.language, bug.path, after).functions.find((f) => f.name === symbol);
  const blank = broken ? blankIn(after, bug.path, broken) : null;
  if (blank === null) return true;
  const base = [{ path: bug.path, ...editBetween(before, after) }];
  const request = { base, candidates: [blank], tests: [test], budget_ms: warmthBudgetMs };
  const [probe] = await ports.harness.probe(repository.repository_id, request);
  return probe!.cold_because === undefined && probe!.tests.at(-1)?.status !== 'passed';
}

interface TryPorts {
  harness: Harness;
  syntax: Syntax;
}

const warmthBudgetMs = 1000;

/** Tests that execute the body of a function on the pristine tree, lightest first (fewest executed lines, then id). */
export function testsCovering({ coverage, repository, sources }: Ground, path: string, fn: SourceFunction): string[] {
  const first = fn.first_line + (sources.get(path)!.slice(fn.start, fn.body_start).match(/\n/g)?.length ?? 0);
  const inside = (line: number) => line >= first && line <= fn.last_line;
  return repository.tests.filter((id) => coverage.get(id)?.[path]?.some(inside)).sort(lightestFirst(coverage));
}

/** Order of tests by how much they execute: a stand-in for time that is the same on every machine. */
export function lightestFirst(coverage: ReadonlyMap<string, Coverage>): (a: string, b: string) => number {
  const weight = remembering((id: string) =>
    Object.values(coverage.get(id) ?? {}).reduce((sum, lines) => sum + lines.length, 0),
  );
  return (a, b) => weight(a) - weight(b) || (a < b ? -1 : 1);
}

function coveredLines(all: Iterable<Coverage>): Map<string, Set<number>> {
  const covered = new Map<string, Set<number>>();
  for (const coverage of all) {
    for (const [path, lines] of Object.entries(coverage)) {
      const set = covered.get(path) ?? new Set<number>();
      for (const line of lines) set.add(line);
      covered.set(path, set);
    }
  }
  return covered;
}
