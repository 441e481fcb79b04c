'use strict';
/** Runs synchronous code that may never return. Only code that this call enters can be ended, not what it leaves for later. */

const vm = require('node:vm');
const { Stop } = require('./record.cjs');

let pending = null;
globalThis[Symbol.for('runner.slice')] = () => pending();
const enter = new vm.Script(`globalThis[Symbol.for('runner.slice')]()`, { filename: 'slice' });
const now = performance.now.bind(performance);

/** `wall_ms`: for all slices of one run together. */
class Slices {
  #left_ms;
  #inside = false;

  constructor(wall_ms) {
    this.#left_ms = wall_ms;
    this.run = this.run.bind(this);
  }

  run(work) {
    if (this.#inside) return work();
    const timeout = Math.ceil(this.#left_ms);
    if (timeout <= 0) throw new Stop('timeout', 'out of time');
    const started = now();
    this.#inside = true;
    pending = work;
    try {
      return enter.runInThisContext({ timeout, displayErrors: false });
    } catch (error) {
      if (error?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new Stop('timeout', 'a test does not return');
      throw error;
    } finally {
      this.#inside = false;
      this.#left_ms -= now() - started;
    }
  }
}

module.exports = { Slices };
