'use strict';
/**
 * Runs the tests of one package. A panic ends the whole program in Go: what had not run by then is run by another one,
 * so that each test has an outcome of its own.
 */

const { closeSync, openSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { complaintOf } = require('./complaint.cjs');
const { coverageIn } = require('./coverage.cjs');
const { TestProgram } = require('./test-program.cjs');

const complete = { outcome: 'complete', detail: null };
/** Without a name it is still the turn of the one before. */
const turn = /^.?=== (?:RUN|NAME|CONT|PAUSE) +(\S*)\n/m;
const nothing = { message: null, exception: null, frames: [] };

class PackageRun {
  #package;
  #job;
  #log;
  #profile;
  /** Lists of tests, each for one start of the program. */
  #plans;
  /** A failure whose text is not complete before something else happens. */
  #pending = null;
  #is_stopped = false;

  /** `of`: folder, program and tests. `job`: root, work, environment, source_paths, module_path, what is asked for, send. */
  constructor(of, job) {
    this.#package = of;
    this.#job = job;
    this.#log = join(job.work, 'log');
    this.#profile = job.coverage ? join(job.work, 'profile') : null;
    this.#plans = job.coverage ? of.tests.map((test) => [test]) : [of.tests];
  }

  /** How it ended; `is_stopped`: no other package shall run. */
  async all() {
    while (this.#plans.length > 0 && !this.#is_stopped) {
      const plan = this.#plans.shift();
      const end = plan.length > 0 ? await this.#run(plan) : complete;
      if (end.outcome !== 'complete') return end;
    }
    return { ...complete, is_stopped: this.#is_stopped };
  }

  async #run(plan) {
    const output = openSync(this.#log, 'w');
    if (this.#profile !== null) rmSync(this.#profile, { force: true });
    const program = new TestProgram({
      ...this.#job,
      ...this.#package,
      plan,
      output,
      profile: this.#profile,
      on_start: (test) => this.#started(test),
      on_end: (test, status, duration_ms) => this.#ended(test, status, duration_ms),
    });
    await program.run();
    closeSync(output);
    this.#flush();
    return this.#after(plan, program);
  }

  #started({ id }) {
    this.#flush();
    this.#job.send({ kind: 'start', id });
  }

  #ended(test, status, duration_ms) {
    this.#flush();
    this.#pending = { test, status, duration_ms };
    if (status === 'failed' && this.#job.stop_at_first_failure && !test.must_fail) this.#is_stopped = true;
  }

  #flush() {
    if (this.#pending === null) return;
    const { test, status, duration_ms } = this.#pending;
    this.#pending = null;
    const said = status === 'failed' ? complaintOf(this.#textOf(test), this.#job) : nothing;
    const coverage = this.#profile === null ? {} : { coverage: coverageIn(this.#profile, this.#job) };
    this.#job.send({ kind: 'result', result: { test_id: test.id, status, ...said, duration_ms, ...coverage } });
  }

  /** What was written while the test ran; `testing` says whose turn it is. */
  #textOf({ name }) {
    const [, ...told] = readFileSync(this.#log, 'utf8').split(turn);
    const texts = [];
    let is_own = false;
    for (let at = 0; at < told.length; at += 2) {
      if (told[at] !== '') is_own = told[at].split('/')[0] === name;
      if (is_own) texts.push(told[at + 1]);
    }
    return texts.join('');
  }

  /** What the end of a program means, and what has to run in another one. */
  #after(plan, { ended, absent, open, is_in_test, code }) {
    const left = plan.filter((test) => !ended.has(test) && !absent.has(test));
    if (this.#is_stopped) return complete;
    if (left.length === 0) return isExplained(ended, code) ? complete : { outcome: 'incomplete', detail: endOf(code) };
    if (ended.size === 0 && open.size === 0) return { outcome: 'broken', detail: this.#lastWords(code) };
    const [first, ...others] = open;
    if (is_in_test && others.length === 0) this.#blame(first, code);
    else this.#plans.unshift(...[...open].map((test) => [test]));
    this.#plans.push(left.filter((test) => !open.has(test)));
    return complete;
  }

  /** The program ended in this test, which could not say so. */
  #blame(test, code) {
    const said = complaintOf(this.#textOf(test), this.#job);
    const known = said.exception === null ? { ...said, message: endOf(code) } : said;
    this.#is_stopped ||= this.#job.stop_at_first_failure;
    this.#job.send({ kind: 'result', result: { test_id: test.id, status: 'failed', ...known, duration_ms: 0 } });
  }

  #lastWords(code) {
    const { message, exception } = complaintOf(readFileSync(this.#log, 'utf8'), this.#job);
    return exception === null ? `no test began: ${endOf(code)}` : message;
  }
}

/** Tests that fail end a program with 1; a panic in one of them with another number. */
const isExplained = (ended, code) =>
  code === 0 || code === 1 || [...ended].some(([test, status]) => status === 'failed' && !test.must_fail);

const endOf = (code) => `the program ended by itself (${typeof code === 'number' ? `exit code ${code}` : code})`;

module.exports = { PackageRun };
