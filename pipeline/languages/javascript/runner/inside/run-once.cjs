'use strict';
/** One run of tests over one edited tree in a warm process. */

const { withCanaries } = require('./canary.cjs');
const { CoverageSession } = require('./coverage.cjs');
const { failureOf } = require('./failure.cjs');
const { Registry } = require('./loader.cjs');
const { root } = require('./place.cjs');
const { Recorder, Stop } = require('./record.cjs');
const { Selection } = require('./selection.cjs');
const { performance } = require('node:perf_hooks');

// Taken before code under test can replace them.
const { setTimeout, clearTimeout } = globalThis;
const utilization = performance.eventLoopUtilization;

class RunOnce {
  /** The framework's run under way; gets uncaught errors and the news of an empty event loop. */
  run = null;
  #options;

  /**
   * `edited`: text by absolute path. `idle_ms`: most time spent waiting. `canaries`: ids of tests that must fail. The
   * rest as in SuiteRequest.
   */
  constructor(options) {
    this.#options = options;
  }

  async execute() {
    const { job, tests, edited, coverage: has_coverage, stop_at_first_failure, onStart, onResult } = this.#options;
    const selection = new Selection(tests, job.deselect);
    const facade = { current: null };
    const registry = new Registry({ edited, provided: this.#provided(facade), is_fresh: Boolean(has_coverage) });
    const coverage = has_coverage ? new CoverageSession(job.source_paths, (path) => registry.textOf(path)) : null;
    const recorder = new Recorder(selection, { stop_at_first_failure, coverage, onStart, onResult });
    try {
      const end = await this.#race({ selection, recorder, facade, registry });
      return { ...end, results: [...recorder.results.values()] };
    } finally {
      coverage?.close();
    }
  }

  /** What test files get for the names of their framework. */
  #provided(facade) {
    const give = () => facade.current;
    const { runner } = this.#options.job;
    if (runner === 'tape') return new Map([['tape', give]]);
    if (runner === 'node-test')
      return new Map([
        ['node:test', give],
        ['test', give],
      ]);
    return new Map();
  }

  async #race({ selection, recorder, facade, registry }) {
    const { Run, framework, job, idle_ms, canaries } = this.#options;
    const { files, load } = withCanaries({
      runner: job.runner,
      canaries,
      files: selection.files(job.test_paths),
      load: (file) => loadTestFile(registry, file),
      test: () => facade.current ?? globalThis.describe,
    });
    this.run = new Run({ files, load, selection, recorder, framework, facade });
    const idle = whenIdleFor(idle_ms);
    try {
      return await Promise.race([this.run.run().then(() => ({ outcome: 'complete', detail: null })), idle.promise]);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return { outcome: error.outcome, detail: error.detail };
    } finally {
      idle.cancel();
    }
  }
}

/**
 * Ends a run that only waits. Counts the time in which the event loop had nothing to do, not the time in which the
 * machine was busy. The timer does not keep the event loop alive: an empty loop is news of its own.
 */
function whenIdleFor(idle_ms) {
  const { promise, resolve } = Promise.withResolvers();
  const before = utilization().idle;
  let timer;
  const check = () => {
    const left = idle_ms - (utilization().idle - before);
    if (left <= 0) resolve({ outcome: 'timeout', detail: 'a test does not end', is_idle: true });
    else timer = setTimeout(check, left + 1).unref();
  };
  timer = setTimeout(check, idle_ms).unref();
  return { promise, cancel: () => clearTimeout(timer) };
}

function loadTestFile(registry, file) {
  try {
    return registry.load(root + file);
  } catch (error) {
    if (error instanceof Stop) throw error;
    throw new Stop('broken', failureOf(error).message);
  }
}

module.exports = { RunOnce };
