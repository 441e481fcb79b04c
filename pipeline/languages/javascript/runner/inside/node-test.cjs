'use strict';
/**
 * Runs node:test tests in a warm process. The real node:test has one root per process and cannot start over, so
 * registration and scheduling are done here; assertions and mocks are Node's own. `admit` compares it with the real one.
 */

const { AsyncLocalStorage } = require('node:async_hooks');
const { failureOf } = require('./failure.cjs');
const { Names } = require('./selection.cjs');
const { Entry, hookKinds, MockTracker, parse, TestContext } = require('./node-test-tree.cjs');
const { Stop } = require('./record.cjs');

const CANCELLED = {
  message: 'Error: test did not finish before its parent and was cancelled',
  exception: 'Error',
  frames: [],
};
const EMPTY = {
  message: 'Error: Promise resolution is still pending but the event loop has already resolved',
  exception: 'Error',
  frames: [],
};

/** Node checks a plan some microtasks after the callback ended; assertions that come within them count. */
const planHops = 12;

/** The test that whatever runs now was started by. */
const origin = new AsyncLocalStorage();

class NodeTestRun {
  #context;
  #names = new Names();
  #root = new Entry('root', '', null, parse(['<root>'], {}));
  #suite = this.#root;
  #running = [];
  #file = null;
  #deferred = Promise.withResolvers();
  #mock = new MockTracker();

  constructor(context) {
    this.#context = context;
  }

  async run() {
    this.#context.facade.current = this.#exports();
    for (const file of this.#context.files) {
      this.#file = file;
      this.#context.load(file);
    }
    this.#runSuite(this.#root).then(this.#deferred.resolve, this.#deferred.reject);
    await this.#deferred.promise;
    this.#mock.reset();
  }

  /** The exports of `node:test`. */
  #exports() {
    const test = this.#registrar('test');
    const suite = this.#registrar('suite');
    const hooks = Object.fromEntries(
      hookKinds.map((kind) => [kind, (fn, options) => void this.#owner().hooks[kind].push({ fn, options })]),
    );
    const { assert, snapshot } = require('node:test');
    return Object.assign(test, {
      test,
      it: this.#registrar('test'),
      describe: suite,
      suite,
      ...hooks,
      mock: this.#mock,
      assert,
      snapshot,
    });
  }

  #registrar(kind) {
    const register =
      (overrides) =>
      (...args) =>
        this.#register(kind, parse(args, overrides));
    return Object.assign(register({}), {
      skip: register({ skip: true }),
      todo: register({ todo: true }),
      only: register({}),
    });
  }

  /** What a registration at this moment belongs to. */
  #owner() {
    return this.#running.at(-1) ?? this.#suite;
  }

  #register(kind, spec) {
    const owner = this.#owner();
    if (owner.kind === 'test') return this.subtest(owner, spec);
    const id = owner === this.#root ? this.#names.top(this.#file, spec.name) : this.#names.child(owner.id, spec.name);
    const entry = new Entry(kind, id, owner, spec);
    if (!this.#context.selection.reaches(id)) return Promise.resolve();
    owner.children.push(entry);
    if (kind === 'suite') this.#describe(entry);
    return Promise.resolve();
  }

  #describe(entry) {
    const outer = this.#suite;
    this.#suite = entry;
    try {
      if (!entry.is_skipped)
        entry.fn.call(undefined, { name: entry.name, fullName: entry.fullName, signal: new AbortController().signal });
    } finally {
      this.#suite = outer;
    }
  }

  async #runSuite(suite) {
    const problem = await this.#hooks(suite.hooks.before);
    for (const child of this.#context.selection.sorted(suite.children, (entry) => entry.id)) {
      if (this.#context.recorder.stopped) return;
      if (child.kind === 'suite') await this.#runOrCancel(child, problem);
      else if (problem) this.#cancel(child);
      else await this.#runTest(child);
    }
    const late = await this.#hooks(suite.hooks.after);
    if (late) throw new Stop('broken', failureOf(late).message);
  }

  #runOrCancel(suite, problem) {
    if (!problem) return this.#runSuite(suite);
    for (const child of suite.children) {
      if (child.kind === 'suite') this.#runOrCancel(child, problem);
      else this.#cancel(child);
    }
    return undefined;
  }

  #cancel(test) {
    this.#context.recorder.start(test.id);
    this.#context.recorder.end(test.id, test.is_skipped ? 'skipped' : 'failed', test.is_skipped ? null : CANCELLED);
  }

  /** The first error that the hooks throw, or null. */
  async #hooks(hooks, argument = undefined) {
    for (const { fn } of hooks) {
      try {
        await this.#call(fn, argument, 1);
      } catch (error) {
        if (error instanceof Stop) throw error;
        return error ?? new Error('hook failed');
      }
    }
    return null;
  }

  /** Calls back with a `done` when the function takes one more argument than it is given. */
  #call(fn, argument, done_at) {
    if (fn.length <= done_at) return fn.call(argument, argument);
    return new Promise((resolve, reject) => {
      const done = (error) => (error ? reject(error) : resolve());
      fn.call(argument, ...[argument, done].slice(1 - done_at));
    });
  }

  async #runTest(entry) {
    const { recorder } = this.#context;
    recorder.start(entry.id);
    if (entry.is_skipped) return recorder.end(entry.id, 'skipped', null);
    this.#running.push(entry);
    const context = new TestContext(entry, this);
    await this.#body(entry, context);
    this.#running.splice(this.#running.lastIndexOf(entry), 1);
    if (entry.is_reported) return undefined;
    entry.is_reported = true;
    if (entry.is_todo) return recorder.end(entry.id, 'skipped', null);
    return recorder.end(entry.id, entry.status ?? (entry.failure ? 'failed' : 'passed'), entry.failure);
  }

  async #body(entry, context) {
    const { parent } = entry;
    let problem = await this.#hooks(parent.inherited('beforeEach'), context);
    if (problem) this.#fail(entry, problem, 'error');
    else await this.#race(entry, context);
    entry.error = problem;
    problem = await this.#hooks([...entry.hooks.after, ...parent.inheritedInward('afterEach')], context);
    if (problem) this.#fail(entry, problem, 'error');
    entry.abort.abort();
    entry.restoreMocks();
  }

  /** The callback and its subtests, or what ends them early: a timeout or an uncaught error. */
  async #race(entry, context) {
    const interrupted = Promise.withResolvers();
    entry.interrupt = interrupted.reject;
    const { timeout } = entry.options;
    const timer = Number.isFinite(timeout)
      ? setTimeout(() => interrupted.reject(new Error(`test timed out after ${timeout}ms`)), timeout)
      : null;
    try {
      await Promise.race([origin.run(entry, () => this.#callback(entry, context)), interrupted.promise]);
    } catch (error) {
      if (error instanceof Stop) throw error;
      this.#fail(entry, error, 'failed');
    } finally {
      clearTimeout(timer);
    }
  }

  async #callback(entry, context) {
    await this.#hooks(entry.hooks.before, context);
    await this.#call(entry.fn, context, 1);
    await entry.tail;
    for (let hop = 0; hop < planHops && entry.plan.is_unmet; hop++) await null;
    entry.plan.check();
    const failed = entry.children.filter((child) => child.failure && !child.is_todo).length;
    if (failed > 0) throw new Error(`${failed} subtest${failed > 1 ? 's' : ''} failed`);
  }

  #fail(entry, error, status) {
    if (entry.failure) return;
    entry.failure = failureOf(error);
    entry.status = status;
  }

  /** Subtests of one test run one after the other, in the order of their calls. */
  subtest(parent, spec) {
    const id = this.#names.child(parent.id, spec.name);
    const entry = new Entry('test', id, parent, spec);
    if (!this.#context.selection.reaches(id) && !this.#isBelowWanted(parent)) return Promise.resolve();
    parent.children.push(entry);
    const done = parent.tail.then(() => (this.#context.recorder.stopped ? undefined : this.#runTest(entry)));
    parent.tail = done.catch(this.#deferred.reject);
    return done;
  }

  /** A wanted test's own status depends on all of its subtests. */
  #isBelowWanted(entry) {
    return entry.kind === 'test' && (this.#context.selection.wants(entry.id) || this.#isBelowWanted(entry.parent));
  }

  /** As in Node: an error that no running test has caused is nobody's failure. */
  uncaught(error) {
    const entry = origin.getStore();
    if (entry && !entry.is_reported) entry.interrupt(error);
  }

  drained() {
    for (const id of this.#context.recorder.open.reverse()) this.#context.recorder.end(id, 'failed', EMPTY);
    this.#deferred.reject(new Stop('incomplete', 'the event loop is empty'));
  }
}

module.exports = { Run: NodeTestRun };
