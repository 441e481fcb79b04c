'use strict';
/** Executed lines per test, from V8's block counters. What runs while modules load belongs to no test. */

const { Session } = require('node:inspector');
const { setFlagsFromString } = require('node:v8');

const { root: ROOT } = require('./place.cjs');
/** Lines without code of their own: blank, comment, closing brackets. Judged by their first characters. */
const noCode = /^\s*(?:$|\/\/|\/\*|\*|[\])};,\s]+$)/;

/** Start offsets of the lines that have code, with their line numbers. */
function codeLines(text) {
  const lines = [];
  let start = 0;
  text.split('\n').forEach((line, index) => {
    if (!noCode.test(line))
      lines.push({ number: index + 1, start: start + line.search(/\S/), end: start + line.trimEnd().length });
    start += line.length + 1;
  });
  return lines;
}

/** Ranges of a script in the order that lets a later, inner one overrule an earlier, outer one. */
const nested = (functions) =>
  functions.flatMap(({ ranges }) => ranges).sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);

/** Counts by offset where they change: [offset, count] in ascending order. */
function changes(functions) {
  const out = [];
  const open = [];
  const close = (until) => {
    while (open.length > 0 && open.at(-1).endOffset <= until) {
      const { endOffset } = open.pop();
      out.push([endOffset, open.at(-1)?.count ?? 0]);
    }
  };
  for (const range of nested(functions)) {
    close(range.startOffset);
    out.push([range.startOffset, range.count]);
    open.push(range);
  }
  close(Number.POSITIVE_INFINITY);
  return out;
}

/** Lines of which any part was executed. */
function executedLines(functions, lines) {
  const points = changes(functions);
  const executed = [];
  let at = 0;
  let count = 0;
  for (const { number, start, end } of lines) {
    while (at < points.length && points[at][0] <= start) count = points[at++][1];
    let hit = count > 0;
    for (let inner = at; !hit && inner < points.length && points[inner][0] < end; inner++) hit = points[inner][1] > 0;
    if (hit) executed.push(number);
  }
  return executed;
}

/** They inline functions, which are not counted then, and do so when it suits them: the same test executes other lines. */
const optimisers = ['turbofan', 'maglev'];

/** V8's counters, and what each test executed. `executed(path, script)`: the lines of a script that ran. */
class TestCoverage {
  #session = new Session();
  #sources;
  #byTest = new Map();

  /** `sources`: paths relative to the repository. */
  constructor(sources) {
    this.#sources = new Set(sources);
    this.#session.connect();
    for (const flag of optimisers) setFlagsFromString(`--no-${flag}`);
    this.post('Profiler.enable');
    this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  post(method, parameters) {
    let answer;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }

  fileOf(url) {
    return url.replace(/^file:\/\//, '');
  }

  /** Credits all that ran since the last call to this test (to none when null). */
  attribute(id) {
    const { result } = this.post('Profiler.takePreciseCoverage');
    if (id === null) return;
    for (const script of result) {
      const file = this.fileOf(script.url);
      const path = file.startsWith(ROOT) ? file.slice(ROOT.length) : '';
      if (this.#sources.has(path)) this.#add(id, path, this.executed(path, script));
    }
  }

  #add(id, path, lines) {
    if (lines.length === 0) return;
    if (!this.#byTest.has(id)) this.#byTest.set(id, new Map());
    const files = this.#byTest.get(id);
    if (!files.has(path)) files.set(path, new Set());
    for (const line of lines) files.get(path).add(line);
  }

  /** Executed lines of one test by path, sorted. */
  of(id) {
    const files = [...(this.#byTest.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(files.map(([path, lines]) => [path, [...lines].sort((a, b) => a - b)]));
  }

  close() {
    this.post('Profiler.stopPreciseCoverage');
    for (const flag of optimisers) setFlagsFromString(`--${flag}`);
    this.#session.disconnect();
  }
}

/** Where what runs is what was written. */
class CoverageSession extends TestCoverage {
  #textOf;
  #lines = new Map();

  /** `textOf`: the text a run sees at an absolute path. */
  constructor(sources, textOf) {
    super(sources);
    this.#textOf = textOf;
  }

  executed(path, { functions }) {
    if (!this.#lines.has(path)) this.#lines.set(path, codeLines(this.#textOf(ROOT + path)));
    return executedLines(functions, this.#lines.get(path));
  }
}

module.exports = { CoverageSession, TestCoverage, executedLines, codeLines };
