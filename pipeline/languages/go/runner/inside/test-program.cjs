'use strict';
/** One start of a package's test program, followed by what our test file in it reports. */

const { spawn } = require('node:child_process');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const flags = ['-test.v=test2json', '-test.timeout=0', '-test.parallel=1'];

class TestProgram {
  /** Tests of the plan that have begun and not ended. */
  open = new Set();
  /** Those that ended, with their status. */
  ended = new Map();
  absent = new Set();
  /** The last thing heard is that a test began. */
  is_in_test = false;
  /** The exit code, or the name of the signal. */
  code = null;
  #options;

  /** `plan`: tests in their order. `output`: descriptor for what they write. `on_start`, `on_end`: told as it happens. */
  constructor(options) {
    this.#options = options;
  }

  /** Runs to its end. */
  async run() {
    const { program, root, folder, plan, output, environment, stop_at_first_failure, profile } = this.#options;
    const more = [
      ...(stop_at_first_failure ? ['-test.failfast'] : []),
      ...(profile ? [`-test.coverprofile=${profile}`] : []),
    ];
    const child = spawn(program, [...flags, ...more], {
      cwd: join(root, folder),
      env: { ...environment, SOCRATIC_PLAN: plan.map(({ name }) => name).join(' ') },
      stdio: ['ignore', output, output, 'pipe'],
    });
    const exited = new Promise((resolve, reject) => child.once('exit', (...how) => resolve(how)).once('error', reject));
    for await (const line of createInterface({ input: child.stdio[3] })) this.#hear(line);
    const [code, signal] = await exited;
    this.code = code ?? signal;
  }

  #hear(line) {
    const { plan, harness } = this.#options;
    const [mark, word, number, status, took] = line.split(' ');
    const test = plan[Number(number)];
    if (mark !== harness.mark || test === undefined) return;
    if (word === 'absent') this.absent.add(test);
    if (word === 'start') this.#start(test);
    if (word === 'end') this.#end(test, status, Number(took) || 0);
  }

  #start(test) {
    this.open.add(test);
    this.is_in_test = true;
    this.#options.on_start(test);
  }

  #end(test, status, duration_ms) {
    this.open.delete(test);
    this.ended.set(test, status);
    this.is_in_test = false;
    this.#options.on_end(test, status, duration_ms);
  }
}

module.exports = { TestProgram };
