'use strict';
/** The tests, suites and hooks that `node:test` calls register, and the objects handed to their callbacks. */

const assert = require('node:assert');
const realTest = require('node:test');
const { root: ROOT } = require('./place.cjs');

const MockTracker = realTest.mock.constructor;

/** `(name, options, fn)` in any of the forms that node:test takes. */
function parse(args, overrides) {
  let [name, options, fn] = args;
  if (typeof name === 'function') [name, options, fn] = [undefined, {}, name];
  else if (name !== null && typeof name === 'object') [name, options, fn] = [undefined, name, options];
  if (typeof options === 'function') [options, fn] = [{}, options];
  const text = typeof name === 'string' && name !== '' ? name : fn?.name || '<anonymous>';
  return { name: text, options: { ...options, ...overrides }, fn: fn ?? (() => {}) };
}

const hookKinds = ['before', 'after', 'beforeEach', 'afterEach'];

/** A suite or a test. */
class Entry {
  children = [];
  hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
  status = null;
  failure = null;
  tail = Promise.resolve();

  constructor(kind, id, parent, { name, options, fn }) {
    this.kind = kind;
    this.id = id;
    this.parent = parent;
    this.name = name;
    this.options = options;
    this.fn = fn;
    this.is_skipped = Boolean(options.skip) || Boolean(parent?.is_skipped);
    this.is_todo = Boolean(options.todo) || Boolean(parent?.is_todo);
  }

  get fullName() {
    const above = this.parent && this.parent.kind !== 'root' ? `${this.parent.fullName} > ` : '';
    return above + this.name;
  }

  /** Hooks of one kind that apply to a test in this entry, outermost first. */
  inherited(kind) {
    return [...(this.parent?.inherited(kind) ?? []), ...this.hooks[kind]];
  }

  /** Hooks that clean up run from the inside out. */
  inheritedInward(kind) {
    return [...this.hooks[kind], ...(this.parent?.inheritedInward(kind) ?? [])];
  }
}

/** Counts what `t.plan` counts. */
class Plan {
  #actual = 0;
  #expected = null;

  expect(count) {
    this.#expected = count;
  }

  count() {
    this.#actual++;
  }

  get is_unmet() {
    return this.#expected !== null && this.#expected !== this.#actual;
  }

  check() {
    if (!this.is_unmet) return;
    throw new Error(`plan expected ${this.#expected} assertions but received ${this.#actual}`);
  }
}

const assertionNames = Object.keys(assert).filter(
  (key) => typeof assert[key] === 'function' && /^[a-z]/.test(key) && !['strict', 'ok'].includes(key),
);

/** `t.assert`: node:assert that also counts for the plan. */
function countedAssertions(plan) {
  const counted = {
    // Node shows the source of the call that failed: it must be the test's own, so only the access can be counted.
    get ok() {
      plan.count();
      return assert.ok;
    },
  };
  for (const key of assertionNames) {
    counted[key] = (...args) => {
      plan.count();
      return assert[key](...args);
    };
  }
  return counted;
}

/** What a test's callback gets. `scheduler` runs subtests. */
class TestContext {
  #entry;
  #scheduler;
  #assert;
  #mock;

  constructor(entry, scheduler) {
    this.#entry = entry;
    this.#scheduler = scheduler;
    entry.plan = new Plan();
    entry.abort = new AbortController();
    entry.restoreMocks = () => this.#mock?.reset();
    for (const kind of hookKinds) this[kind] = (fn, options) => void entry.hooks[kind].push({ fn, options });
  }

  get name() {
    return this.#entry.name;
  }

  get fullName() {
    return this.#entry.fullName;
  }

  get filePath() {
    return ROOT + this.#entry.id.slice(0, this.#entry.id.indexOf('::'));
  }

  get signal() {
    return this.#entry.abort.signal;
  }

  get passed() {
    return this.#entry.failure === null;
  }

  get error() {
    return this.#entry.error ?? null;
  }

  get assert() {
    this.#assert ??= countedAssertions(this.#entry.plan);
    return this.#assert;
  }

  get mock() {
    this.#mock ??= new MockTracker();
    return this.#mock;
  }

  diagnostic() {}

  runOnly() {}

  plan(count) {
    this.#entry.plan.expect(count);
  }

  skip() {
    this.#entry.status = 'skipped';
  }

  todo() {
    this.#entry.is_todo = true;
  }

  test(...args) {
    this.#entry.plan.count();
    return this.#scheduler.subtest(this.#entry, parse(args));
  }

  async waitFor(condition, { interval = 50, timeout = 1000 } = {}) {
    for (let waited = 0; ; waited += interval) {
      try {
        return await condition();
      } catch (cause) {
        if (waited >= timeout) throw new Error('waitFor() timed out', { cause });
        await new Promise((resolve) => setTimeout(resolve, interval));
      }
    }
  }
}

module.exports = { Entry, TestContext, parse, hookKinds, MockTracker };
