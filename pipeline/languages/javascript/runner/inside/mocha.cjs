'use strict';
/** Runs mocha tests with the real mocha: its interface, its Runner, its hooks and timeouts. */

const { failureOf } = require('./failure.cjs');
const { Names } = require('./selection.cjs');
const { root } = require('./place.cjs');
const { Stop } = require('./record.cjs');

class Silent {}

class MochaRun {
  /** mocha listens for uncaught errors itself. */
  owns_uncaught = true;
  #context;
  #mocha;
  #runner = null;
  #ids = new Map();
  #names = new Names();
  #deferred = Promise.withResolvers();

  constructor(context) {
    this.#context = context;
    this.#mocha = new context.framework({ ui: 'bdd', reporter: Silent });
  }

  async run() {
    this.#collect();
    this.#prepare(this.#mocha.suite, null);
    if (this.#ids.size === 0) return;
    this.#runner = this.#mocha.run(() => this.#deferred.resolve());
    this.#listen(this.#runner);
    await this.#deferred.promise;
  }

  #collect() {
    const { files, load } = this.#context;
    const { suite } = this.#mocha;
    for (const file of files) {
      const path = `${root}${file}`;
      suite.emit('pre-require', globalThis, path, this.#mocha);
      suite.emit('require', load(file), path, this.#mocha);
      suite.emit('post-require', globalThis, path, this.#mocha);
    }
  }

  /** Names all tests and takes out those that were not asked for. */
  #prepare(suite, parent) {
    const { selection } = this.#context;
    const named = (item) => {
      const file = item.file.slice(root.length);
      return parent === null ? this.#names.top(file, item.title) : this.#names.child(parent, item.title);
    };
    for (const test of suite.tests) this.#ids.set(test, named(test));
    for (const child of suite.suites) this.#ids.set(child, named(child));
    const kept = (items) =>
      selection.sorted(
        items.filter((item) => selection.reaches(this.#ids.get(item))),
        (item) => this.#ids.get(item),
      );
    suite.tests = kept(suite.tests);
    suite.suites = kept(suite.suites);
    for (const child of suite.suites) this.#prepare(child, this.#ids.get(child));
  }

  #listen(runner) {
    const { recorder } = this.#context;
    const ended = new Set();
    const end = (test, status, failure) => {
      const id = this.#ids.get(test);
      if (ended.has(test)) return failure && recorder.amend(id, status, failure);
      ended.add(test);
      recorder.end(id, status, failure);
      if (recorder.stopped) runner.abort();
    };
    runner.on('test', (test) => recorder.start(this.#ids.get(test)));
    runner.on('pass', (test) => end(test, 'passed', null));
    runner.on('pending', (test) => {
      if (this.#ids.has(test)) end(test, 'skipped', null);
    });
    runner.on('fail', (runnable, error) => {
      const test = runnable.type === 'hook' ? runnable.ctx?.currentTest : runnable;
      if (test && this.#ids.has(test)) end(test, runnable.type === 'hook' ? 'error' : 'failed', failureOf(error));
    });
  }

  uncaught() {}

  drained() {
    const open = this.#context.recorder.open;
    const failure = {
      message: 'Error: the event loop is empty but the test has not ended',
      exception: 'Error',
      frames: [],
    };
    for (const id of open.reverse()) this.#context.recorder.end(id, 'failed', failure);
    this.#deferred.reject(new Stop('incomplete', 'the event loop is empty'));
  }
}

module.exports = { Run: MochaRun };
