'use strict';
/** Collects results while an adapter runs tests. */

// Taken before code under test can replace it.
const now = performance.now.bind(performance);

/** Why a run ended early. */
class Stop extends Error {
  constructor(outcome, detail) {
    super(detail);
    this.outcome = outcome;
    this.detail = detail;
  }
}

class Recorder {
  results = new Map();
  #open = [];
  #started = new Map();
  #selection;
  #options;

  /** `options`: stop_at_first_failure, coverage (a session or null), onStart(id), onResult(result). */
  constructor(selection, options) {
    this.#selection = selection;
    this.#options = options;
  }

  /** No further test shall start. */
  stopped = false;

  /** The innermost test that has begun and not ended. */
  get current() {
    return this.#open.at(-1) ?? null;
  }

  get open() {
    return [...this.#open];
  }

  start(id) {
    this.#options.coverage?.attribute(this.current);
    this.#open.push(id);
    this.#started.set(id, now());
    if (this.#selection.wants(id)) this.#options.onStart?.(id);
  }

  /** `failure` is null for a pass. */
  end(id, status, failure) {
    this.#options.coverage?.attribute(this.current);
    const at = this.#open.lastIndexOf(id);
    if (at >= 0) this.#open.splice(at, 1);
    if (!this.#selection.wants(id)) return;
    const duration_ms = now() - (this.#started.get(id) ?? now());
    this.#put({ test_id: id, status, ...(failure ?? nothing), duration_ms });
  }

  /** A failure that came after the test had ended. */
  amend(id, status, failure) {
    const known = this.results.get(id);
    if (!known || known.status === 'failed' || known.status === 'error') return;
    this.#put({ ...known, status, ...failure });
  }

  #put(result) {
    const coverage = this.#options.coverage;
    this.results.set(result.test_id, coverage ? { ...result, coverage: coverage.of(result.test_id) } : result);
    this.#options.onResult?.(this.results.get(result.test_id));
    if (this.#options.stop_at_first_failure && result.status !== 'passed' && result.status !== 'skipped')
      this.stopped = true;
  }
}

const nothing = { message: null, exception: null, frames: [] };

module.exports = { Recorder, Stop };
