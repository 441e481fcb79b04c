import type { Coverage, Frame } from '../ports.ts';
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
  /** Share of the failing tests that execute it. */
  agreement: number;
  /** Body lines that failing tests execute, ascending, with the suspicion of each. */
  lines: ReadonlyMap<number, number>;
}

export interface LocaliseOptions {
  /** How many functions to return. */
  limit?: number;
  /** Added to the score of the function of the deepest frame; over sqrt(1 + depth) for those further out. */
  traceback_bonus?: number;
}

/**
 * Ranks functions by suspicion: per line 1 / sqrt(1 + passing tests that execute it) (Ochiai with one failing test),
 * per function its most suspicious executed line, times the share of failing tests that reach the function (one bug
 * must lie on the path of every failing test), plus a bonus for being in the traceback, the deeper the more.
 * Ties: fewer executed lines, then path, then name, then position.
 */
export function localise<F extends FunctionSpan>(
  sources: readonly SourceText<F>[],
  coverage: CoverageView,
  frames: readonly Frame[],
  { limit = 5, traceback_bonus = 0.3 }: LocaliseOptions = {},
): RankedFunction<F>[] {
  const ranked = sources.flatMap((source) => {
    const lines = suspicionByLine(source.path, coverage);
    return source.functions.flatMap((fn) => executed(source, fn, lines, coverage.failing, frames) ?? []);
  });
  const bonus = (depth: number) => (depth < 0 ? 0 : traceback_bonus / Math.sqrt(1 + depth));
  const score = (f: RankedFunction<F>) => f.suspicion * f.agreement + bonus(f.traceback_depth);
  return ranked.sort((a, b) => score(b) - score(a) || a.lines.size - b.lines.size || byPlace(a, b)).slice(0, limit);
}

/** Suspicion of every line of one file that a failing test executes. */
function suspicionByLine(path: string, { failing, passing }: CoverageView): Map<number, number> {
  const passes = new Map<number, number>();
  for (const coverage of failing) for (const line of coverage[path] ?? []) passes.set(line, 0);
  for (const coverage of passing) {
    for (const line of coverage[path] ?? []) if (passes.has(line)) passes.set(line, passes.get(line)! + 1);
  }
  return new Map([...passes].map(([line, count]) => [line, 1 / Math.sqrt(1 + count)]));
}

/** The ranking entry of one function, or undefined when no failing test executes its body. */
function executed<F extends FunctionSpan>(
  { path, text }: SourceText,
  fn: F,
  suspicion: ReadonlyMap<number, number>,
  failing: readonly Coverage[],
  frames: readonly Frame[],
): RankedFunction<F> | undefined {
  const first = bodyLine(text, fn);
  const inside = (line: number) => line >= first && line <= fn.last_line;
  const lines = [...suspicion].filter(([line]) => inside(line)).sort(([a], [b]) => a - b);
  if (lines.length === 0) return undefined;
  return {
    path,
    function: fn,
    text: text.slice(fn.start, fn.end),
    suspicion: Math.max(...lines.map(([, value]) => value)),
    traceback_depth: depthOf(path, fn, frames),
    agreement: failing.filter((coverage) => coverage[path]?.some(inside)).length / failing.length,
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
