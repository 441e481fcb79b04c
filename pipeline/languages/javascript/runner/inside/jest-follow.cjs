'use strict';
/**
 * What jest runs a test file with: jest-circus, followed by its own events. Tests that nobody asked for are taken out
 * once a file is loaded, and a canary runs after the others, with the very functions that the file was given.
 */

const { complaintsOf, mustFail } = require('./canary.cjs');
const { failureOf } = require('./failure.cjs');
const { root } = require('./place.cjs');
const { Names } = require('./selection.cjs');

let context = null;

/** `files`: in the order in which they run. `canaries`: one id per file. */
const configure = (given) => {
  context = given;
};

class Follower {
  #file;
  #names = new Names();
  #ids = new Map();
  #offered = null;
  #in_hook = new Set();

  constructor(file) {
    this.#file = file;
  }

  on(event, state) {
    this[event.name]?.(event, state);
  }

  /** The framework's functions, before the test file could change them. */
  setup({ runtimeGlobals }) {
    this.#offered = { ...runtimeGlobals };
  }

  /** The file is loaded and nothing has run. */
  run_start(_event, state) {
    this.#name(state.rootDescribeBlock, null);
    this.#choose(state.rootDescribeBlock);
    this.#plant(state);
  }

  #name(block, parent) {
    for (const child of block.children) {
      const id = parent === null ? this.#names.top(this.#file, child.name) : this.#names.child(parent, child.name);
      this.#ids.set(child, id);
      if (child.type === 'describeBlock') this.#name(child, id);
    }
  }

  #choose(block) {
    const { selection } = context;
    const asked = block.children.filter((child) => selection.reaches(this.#ids.get(child)));
    block.children = selection.sorted(asked, (child) => this.#ids.get(child));
    for (const child of block.children) if (child.type === 'describeBlock') this.#choose(child);
  }

  /** After all others. Jest would refuse a test that comes now. */
  #plant(state) {
    const id = context.canaries[context.files.indexOf(this.#file)];
    if (id === undefined) return;
    const { test, expect } = this.#offered;
    state.hasStarted = false;
    test(id, () => mustFail(complaintsOf(expect)));
    state.hasStarted = true;
    const canary = state.rootDescribeBlock.children.at(-1);
    if (state.hasFocusedTests) canary.mode = 'only';
    this.#ids.set(canary, id);
  }

  test_start({ test }) {
    context.recorder.start(this.#ids.get(test));
    if (test.errors.length > 0) this.#in_hook.add(test);
  }

  hook_failure({ test }) {
    if (test) this.#in_hook.add(test);
  }

  test_skip({ test }) {
    context.recorder.end(this.#ids.get(test), 'skipped', null);
  }

  test_todo(event) {
    this.test_skip(event);
  }

  test_done({ test }) {
    const id = this.#ids.get(test);
    if (test.errors.length === 0) return context.recorder.end(id, 'passed', null);
    const [error, place] = [test.errors[0]].flat();
    return context.recorder.end(id, this.#in_hook.has(test) ? 'error' : 'failed', failureOf(error ?? place));
  }
}

/** Jest calls this for every test file. */
async function runFile(globalConfig, config, environment, runtime, path, ...rest) {
  const follower = new Follower(path.slice(root.length));
  const own = environment.handleTestEvent?.bind(environment);
  environment.handleTestEvent = async (event, state) => {
    await own?.(event, state);
    follower.on(event, state);
  };
  const circus = require('/node_modules/jest-circus/build/runner.js').default;
  return circus(globalConfig, config, environment, runtime, path, ...rest);
}

/** A file that could not be loaded, or that failed outside of any test: what the whole run then comes to. */
const onFileError = ({ message }) => context.finish('broken', failureOf(new Error(message)).message);

module.exports = Object.assign(runFile, { configure, onFileError, filesInOrder: () => context.files });
