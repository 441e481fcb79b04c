'use strict';
/** Executed lines per test where files run as something else than they were written: found again by source maps. */

const { SourceMap } = require('node:module');
const { codeLines, executedLines, TestCoverage } = require('./coverage.cjs');

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

class MappedCoverage extends TestCoverage {
  #scripts = new Map();

  constructor(sources) {
    super(sources);
    this.post('Debugger.enable');
  }

  fileOf(url) {
    return super.fileOf(url).replace(/\?.*$/, '');
  }

  executed(_path, { scriptId, functions }) {
    if (!this.#scripts.has(scriptId)) {
      const { scriptSource } = this.post('Debugger.getScriptSource', { scriptId });
      this.#scripts.set(scriptId, linesOf(scriptSource));
    }
    const { lines, numbersOf } = this.#scripts.get(scriptId);
    const executed = new Set(executedLines(functions, lines));
    return lines.filter(({ number }) => executed.has(number)).flatMap(numbersOf);
  }
}

module.exports = { MappedCoverage };
