'use strict';
/**
 * Runs tape tests with the real tape: its harness, its Test, its assertions. A block whose callback throws fails and
 * ends there, and the blocks after it still run (tape itself would let the process die and lose them).
 */

const { failureOf, failureOfAssertion } = require('./failure.cjs');
const { Names } = require('./selection.cjs');
const { Stop } = require('./record.cjs');

/** Test objects of the run under way, by the object tape made. */
let active = null;

/** Patched once per loaded tape: asks the run under way before a block starts. */
function hook(Test) {
  if (Test.prototype.run.is_hooked) return;
  const { run } = Test.prototype;
  Test.prototype.run = function hooked() {
    active?.beforeRun(this);
    return run.call(this);
  };
  Test.prototype.run.is_hooked = true;
  const { test } = Test.prototype;
  Test.prototype.test = function subtest(...args) {
    return active?.leavesOut(this, args) ? endWhenEmpty(this) : test.apply(this, args);
  };
  for (const name of Object.keys(Test.prototype).filter((key) => /deep|same|equivalent/i.test(key))) {
    Test.prototype[name] = withoutStacks(Test.prototype[name]);
  }
}

/** A subtest that was left out counts for the plan, and its parent still ends by itself when nothing else is to come. */
function endWhenEmpty(test) {
  test.assertCount++;
  setImmediate(() => {
    const is_over =
      test._plan === undefined ? test.pendingCount === test._progeny.length : test._pendingAsserts() === 0;
    if (is_over) test._end();
  });
}

/**
 * tape compares deeply by asking every value what it is not, and each question throws an error inside. Collecting
 * their stacks would take most of the time of a run; none of them is ever seen.
 */
function withoutStacks(compare) {
  return function compared(...args) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return compare.apply(this, args);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
}

class TapeRun {
  #context;
  #names = new Names();
  #entries = new Map();
  #deferred = Promise.withResolvers();
  #tape;

  constructor(context) {
    this.#context = context;
    this.#tape = context.framework;
    hook(this.#tape.Test);
  }

  async run() {
    active = this;
    try {
      const results = this.#collect();
      results.once('done', () => this.#deferred.resolve());
      results.tests = this.#context.selection.sorted(results.tests, (test) => this.#entries.get(test)?.id);
      await this.#deferred.promise;
    } finally {
      active = null;
    }
  }

  /** A fresh process uses tape as a test file finds it; a warm one makes a harness per run. */
  #collect() {
    const { files, load, facade } = this.#context;
    if (facade) return this.#collectWarm(files, load);
    this.#tape.createStream({ objectMode: true }).on('data', () => {});
    const harness = this.#tape.getHarness();
    for (const file of files) {
      const before = harness._tests.length;
      load(file);
      for (const test of harness._tests.slice(before)) this.#enter(test, this.#names.top(file, test.name));
    }
    return harness._results;
  }

  #collectWarm(files, load) {
    const harness = this.#tape.createHarness({ autoclose: false });
    harness.createStream({ objectMode: true }).on('data', () => {});
    let file;
    const register = (create, args) => {
      const id = this.#names.top(file, nameOf(args));
      if (!this.#context.selection.reaches(id)) return undefined;
      const test = create(...args);
      this.#enter(test, id);
      return test;
    };
    this.#context.facade.current = facadeOf(this.#tape, harness, register);
    for (file of files) load(file);
    return harness._results;
  }

  #enter(test, id) {
    const entry = { id, test, next_id: null, failure: null, status: 'failed', has_begun: false, has_ended: false };
    this.#entries.set(test, entry);
    test.on('test', (child) => this.#enter(child, this.#childId(entry, child.name)));
    test.on('result', (result) => this.#onResult(entry, result));
    test.once('end', () => this.#onEnd(entry));
  }

  /** The name that `leavesOut` has just given, or a new one. */
  #childId(entry, name) {
    const id = entry.next_id ?? this.#names.child(entry.id, name);
    entry.next_id = null;
    return id;
  }

  /** In a warm process subtests that nobody asked for are not even made: making one takes longer than most tests. */
  leavesOut(test, args) {
    const entry = this.#context.facade && this.#entries.get(test);
    if (!entry) return false;
    entry.next_id = this.#names.child(entry.id, nameOf(args));
    return !this.#context.selection.reaches(entry.next_id);
  }

  beforeRun(test) {
    const entry = this.#entries.get(test);
    if (!entry) return;
    const { recorder, selection } = this.#context;
    if (recorder.stopped || !selection.reaches(entry.id)) {
      test._skip = true;
      return;
    }
    entry.has_begun = true;
    recorder.start(entry.id);
    if (test._cb) test._cb = this.#guarded(entry, test._cb);
  }

  #guarded(entry, callback) {
    return (test) => {
      try {
        return callback.call(test, test);
      } catch (error) {
        this.#crash(entry, error);
        return undefined;
      }
    };
  }

  #onResult(entry, result) {
    if (typeof result === 'string' || result.ok || result.todo || entry.failure) return;
    entry.failure = this.#describe(result);
    if (entry.has_ended) this.#context.recorder.amend(entry.id, 'failed', entry.failure);
  }

  #describe(result) {
    if (result.operator === 'error' && result.error instanceof Error) return failureOf(result.error);
    return failureOfAssertion({ ...result, has_values: 'expected' in result || 'actual' in result });
  }

  #onEnd(entry) {
    entry.has_ended = true;
    if (!entry.has_begun) return;
    const { test } = entry;
    // tape reports an unmet plan just after it announced the end
    if (!entry.failure && !test._planError && test._plan !== undefined && test._pendingAsserts()) {
      entry.failure = failureOfAssertion({
        name: 'plan != count',
        operator: 'fail',
        has_values: true,
        expected: test._plan,
        actual: test.assertCount,
      });
    }
    const passed = test._skip || test._todo ? 'skipped' : 'passed';
    this.#context.recorder.end(
      entry.id,
      entry.failure && !test._todo ? entry.status : passed,
      test._todo ? null : entry.failure,
    );
  }

  /** Ends a block by force; the harness goes on with the next. */
  #crash(entry, error) {
    entry.failure ??= failureOf(error);
    this.#forceEnd(entry);
  }

  #forceEnd({ test }) {
    if (test.ended) return;
    test._progeny.length = 0;
    test._planError = true;
    test.calledEnd = true;
    test._end();
  }

  #current() {
    const id = this.#context.recorder.current;
    return [...this.#entries.values()].find((entry) => entry.id === id && !entry.has_ended);
  }

  uncaught(error) {
    const entry = this.#current();
    if (entry) this.#crash(entry, error);
    else this.#deferred.reject(new Stop('incomplete', failureOf(error).message));
  }

  /** The event loop is empty and the block has not ended. */
  drained() {
    const entry = this.#current();
    if (!entry) return this.#deferred.reject(new Stop('incomplete', 'nothing left to run, but tape did not finish'));
    entry.failure ??= failureOfAssertion({ name: 'test exited without ending', operator: 'fail' });
    return this.#forceEnd(entry);
  }
}

const nameOf = (args) => args.find((arg) => typeof arg === 'string' && arg !== '') ?? '(anonymous)';

/** What `require('tape')` gives a test file in a warm process: the exports of tape, bound to this run's harness. */
function facadeOf(tape, harness, register) {
  const test = (...args) => register(harness, args);
  return Object.assign(test, {
    createHarness: tape.createHarness,
    Test: tape.Test,
    test,
    skip: tape.skip,
    only: (...args) => register(harness.only, args),
    createStream: harness.createStream,
    getHarness: () => harness,
    onFinish: harness.onFinish,
    onFailure: harness.onFailure,
    wait: () => {},
    run: () => {},
  });
}

module.exports = { Run: TapeRun };
