'use strict';
/** Executed lines per test where files run as something else than they were written: found again by source maps. */

const { Session } = require('node:inspector');
const { SourceMap } = require('node:module');
const { codeLines, executedLines } = require('./coverage.cjs');
const { root } = require('./place.cjs');

const inlineMap = /\/\/# sourceMappingURL=data:application\/json[^,]*;base64,([\w+/=]+)/;

/** What vite adds: functions that tests run by looking at an export. */
const added = /__vite_ssr_exportName__\(/;

/** Lines with code of what runs, and how each is numbered in the file. */
function linesOf(text) {
  const [, encoded] = inlineMap.exec(text) ?? [];
  const texts = text.split('\n');
  const lines = codeLines(text).filter(({ number }) => !added.test(texts[number - 1]));
  if (encoded === undefined) return { lines, numbersOf: (line) => [line.number] };
  const map = new SourceMap(JSON.parse(Buffer.from(encoded, 'base64').toString()));
  const known = new Map();
  const numbersOf = ({ number }) => {
    if (!known.has(number)) known.set(number, written(map, number - 1, texts[number - 1]));
    return known.get(number);
  };
  return { lines, numbersOf };
}

/** Lines of the file that a line of what runs was made of. */
function written(map, line, text) {
  const numbers = new Set();
  for (let column = text.search(/\S/); column < text.length; column++) {
    const entry = map.findEntry(line, column);
    if (entry.generatedLine === line) numbers.add(entry.originalLine + 1);
  }
  return [...numbers];
}

class MappedCoverage {
  #session = new Session();
  #sources;
  #scripts = new Map();
  #byTest = new Map();

  constructor(sources) {
    this.#sources = new Set(sources);
    this.#session.connect();
    this.#post('Debugger.enable');
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  #post(method, parameters) {
    let answer;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }

  /** Credits all that ran since the last call to this test (to none when null). */
  attribute(id) {
    const { result } = this.#post('Profiler.takePreciseCoverage');
    if (id === null) return;
    for (const { url, scriptId, functions } of result) {
      const file = url.replace(/^file:\/\//, '').replace(/\?.*$/, '');
      const path = file.startsWith(root) ? file.slice(root.length) : '';
      if (this.#sources.has(path)) this.#add(id, path, this.#executed(scriptId, functions));
    }
  }

  #executed(scriptId, functions) {
    if (!this.#scripts.has(scriptId)) {
      const { scriptSource } = this.#post('Debugger.getScriptSource', { scriptId });
      this.#scripts.set(scriptId, linesOf(scriptSource));
    }
    const { lines, numbersOf } = this.#scripts.get(scriptId);
    const executed = new Set(executedLines(functions, lines));
    return lines.filter(({ number }) => executed.has(number)).flatMap(numbersOf);
  }

  #add(id, path, numbers) {
    if (numbers.length === 0) return;
    if (!this.#byTest.has(id)) this.#byTest.set(id, new Map());
    const files = this.#byTest.get(id);
    if (!files.has(path)) files.set(path, new Set());
    for (const number of numbers) files.get(path).add(number);
  }

  /** Executed lines of one test by path, sorted. */
  of(id) {
    const files = [...(this.#byTest.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(files.map(([path, numbers]) => [path, [...numbers].sort((a, b) => a - b)]));
  }
}

module.exports = { MappedCoverage };
