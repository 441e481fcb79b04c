import type { Frame } from '../ports.ts';
import type { CoverageView, FunctionSpan, SourceText } from './types.ts';

/** A function that may hold the bug, and why. */
export interface RankedFunction<F extends FunctionSpan = FunctionSpan> {
  path: string;
  function: F;
  /** Text of the function in the broken tree. */
  text: string;
  /** Highest line suspicion, 0..1. */
  suspicion: number;
  /** Distance from the end of the traceback, 0 is the deepest frame; -1 when it is not in the traceback. */
  traceback_depth: number;
  /** Share of the failing tests that execute its lines below. */
  agreement: number;
  /** Body lines that most failing tests execute, ascending, with the suspicion of each. */
  lines: ReadonlyMap<number, number>;
}

export interface LocaliseOptions {
  /** How many functions to return. */
  limit?: number;
  /** Added to the score of the function of the deepest frame; over sqrt(1 + depth) for those further out. */
  traceback_bonus?: number;
}

/**
 * Ranks functions. One bug must lie on the path of every failing test, so of a function's lines only those that most
 * failing tests execute count. Per line suspicion is 1 / sqrt(1 + passing tests that execute it) (Ochiai with one
 * failing test), per function its most suspicious line, times the share of failing tests that execute it, plus a bonus
 * for being in the traceback, the deeper the more. Ties: fewer such lines, then path, then name, then position.
 */
export function localise<F extends FunctionSpan>(
  sources: readonly SourceText<F>[],
  coverage: CoverageView,
  frames: readonly Frame[],
  { limit = 5, traceback_bonus = 0.3 }: LocaliseOptions = {},
): RankedFunction<F>[] {
  const ranked = sources.flatMap((source) => {
    const hits = hitsByLine(source.path, coverage);
    return source.functions.flatMap((fn) => executed(source, fn, hits, coverage.failing.length, frames) ?? []);
  });
  const bonus = (depth: number) => (depth < 0 ? 0 : traceback_bonus / Math.sqrt(1 + depth));
  const score = (f: RankedFunction<F>) => f.suspicion * f.agreement + bonus(f.traceback_depth);
  return ranked.sort((a, b) => score(b) - score(a) || a.lines.size - b.lines.size || byPlace(a, b)).slice(0, limit);
}

/** How many failing and passing tests execute a line. */
interface Hits {
  failing: number;
  passing: number;
}

/** Hits of every line of one file that a failing test executes. */
function hitsByLine(path: string, { failing, passing }: CoverageView): Map<number, Hits> {
  const hits = new Map<number, Hits>();
  for (const line of failing.flatMap((coverage) => coverage[path] ?? [])) {
    const known = hits.get(line);
    if (known) known.failing++;
    else hits.set(line, { failing: 1, passing: 0 });
  }
  for (const line of passing.flatMap((coverage) => coverage[path] ?? [])) {
    const known = hits.get(line);
    if (known) known.passing++;
  }
  return hits;
}

/** The ranking entry of one function, or undefined when no failing test executes its body. */
function executed<F extends FunctionSpan>(
  { path, text }: SourceText,
  fn: F,
  hits: ReadonlyMap<number, Hits>,
  failingCount: number,
  frames: readonly Frame[],
): RankedFunction<F> | undefined {
  const first = bodyLine(text, fn);
  const inside = [...hits].filter(([line]) => line >= first && line <= fn.last_line).sort(([a], [b]) => a - b);
  if (inside.length === 0) return undefined;
  const most = Math.max(...inside.map(([, { failing }]) => failing));
  const lines = inside
    .filter(([, { failing }]) => failing === most)
    .map(([line, { passing }]) => [line, 1 / Math.sqrt(1 + passing)] as const);
  return {
    path,
    function: fn,
    text: text.slice(fn.start, fn.end),
    suspicion: Math.max(...lines.map(([, suspicion]) => suspicion)),
    traceback_depth: depthOf(path, fn, frames),
    agreement: most / failingCount,
    lines: new Map(lines),
  };
}

/** Line on which the body starts: the line of `def` itself runs on import. */
function bodyLine(text: string, fn: FunctionSpan): number {
  let line = fn.first_line;
  for (let at = fn.start; at < fn.body_start; at++) if (text.charCodeAt(at) === 10) line++;
  return line;
}

/** Frames from the deepest up to the innermost one inside the function. */
function depthOf(path: string, fn: FunctionSpan, frames: readonly Frame[]): number {
  const at = frames.findLastIndex((f) => f.path === path && f.line >= fn.first_line && f.line <= fn.last_line);
  return at < 0 ? -1 : frames.length - 1 - at;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const byPlace = (a: RankedFunction, b: RankedFunction): number =>
  order(a.path, b.path) || order(a.function.name, b.function.name) || a.function.start - b.function.start;
