'use strict';
/** The real node:test in a fresh process: test files are loaded one by one and its own events are reported. */

const Module = require('node:module');
const realTest = require('node:test');
const { failureOf } = require('./failure.cjs');
const { Stop } = require('./record.cjs');
const { Names } = require('./selection.cjs');

const EMPTY = {
  message: 'Error: Promise resolution is still pending but the event loop has already resolved',
  exception: 'Error',
  frames: [],
};

let state = null;

/** Top-level registrations: what was asked for, in the order of the calls. */
let registrations = [];

function run(context) {
  state = { ...context, names: new Names(), file: null, is_loading: true, depth: 0 };
  const offered = wrapped();
  const load = Module._load;
  Module._load = (request, ...rest) =>
    request === 'node:test' || request === 'test' ? offered : load(request, ...rest);
  for (state.file of context.files) {
    try {
      context.load(state.file);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      context.finish(error.outcome, error.detail);
    }
  }
  state.is_loading = false;
  begin();
}

/** In the order asked for. Without one, tests were registered as their files were loaded. */
function begin() {
  registrations = state.selection.sorted(registrations, ({ id }) => id);
  for (const { register, args } of registrations) if (register) register(...args);
  if (registrations.length === 0) state.finish('complete');
  process.on('beforeExit', drained);
}

const registrars = ['test', 'it', 'describe', 'suite'];

/** node:test with registrations counted at top level, where those nobody asked for are left out. */
function wrapped() {
  const test = wrap(realTest);
  return Object.assign(test, Object.fromEntries(registrars.map((name) => [name, wrap(realTest[name])])));
}

function wrap(register) {
  const offered = (...args) => {
    if (!state.is_loading || state.depth > 0) return register(...args);
    const id = state.names.top(state.file, nameOf(args));
    if (!state.selection.reaches(id)) return Promise.resolve();
    if (state.job.tests) {
      registrations.push({ id, register, args });
      return Promise.resolve();
    }
    registrations.push({ id });
    state.depth++;
    try {
      return register(...args);
    } finally {
      state.depth--;
    }
  };
  const own = Object.getOwnPropertyNames(register).filter((key) => !['length', 'name', 'prototype'].includes(key));
  for (const key of own) offered[key] = ['skip', 'todo', 'only'].includes(key) ? wrap(register[key]) : register[key];
  return offered;
}

const nameOf = ([name, options, fn]) => {
  const callback = [name, options, fn].find((arg) => typeof arg === 'function');
  return typeof name === 'string' && name !== '' ? name : callback?.name || '<anonymous>';
};

/** Follows one kind of event through the tree of tests: ids of the tests that are open, by nesting. */
class Path {
  #names = new Names();
  #top = 0;
  ids = [];

  enter({ nesting, name }) {
    this.ids.length = Math.min(this.ids.length, nesting);
    const id = nesting === 0 ? registrations[this.#top++].id : this.#names.child(this.ids[nesting - 1], name);
    this.ids.push(id);
    return id;
  }

  leave({ nesting }) {
    const id = this.ids[nesting];
    this.ids.length = Math.min(this.ids.length, nesting);
    return id;
  }
}

/** Tests that run, as against tests that are reported: node:test reports in order and may lag behind. */
const running = new Path();
const reported = new Path();

/** `stream`: node:test's own event stream. */
function listen(stream) {
  stream.on('test:dequeue', (data) => {
    const id = running.enter(data);
    if (state.selection.wants(id)) state.send({ kind: 'start', id });
  });
  stream.on('test:start', (data) => reported.enter(data));
  stream.on('test:pass', (data) => onResult('passed', data));
  stream.on('test:fail', (data) => onResult('failed', data));
}

function onResult(status, data) {
  running.leave(data);
  const id = reported.leave(data);
  if (data.details.type === 'suite') onSuite(status, data);
  else report(id, status, data);
}

const ordinary = new Set(['subtestsFailed', 'cancelledByParent', 'hookFailed']);

/** A suite's own failure shows in its tests, but for an error in the suite's callback. */
function onSuite(status, { details }) {
  if (status === 'passed' || ordinary.has(details.error.failureType)) return;
  state.finish('broken', failureOf(causeOf(details)).message);
}

/** node:test gives its own complaints as a text. */
const causeOf = ({ error }) => (typeof error.cause === 'string' ? new Error(error.cause) : (error.cause ?? error));

function report(id, outcome, { details, skip, todo }) {
  if (!state.selection.wants(id)) return;
  const is_left_out = skip !== undefined || todo !== undefined;
  const is_failed = outcome === 'failed' && !is_left_out;
  const is_hook = is_failed && details.error.failureType === 'hookFailed';
  const status = is_left_out ? 'skipped' : is_hook ? 'error' : outcome;
  const failure = is_failed ? failureOf(causeOf(details)) : { message: null, exception: null, frames: [] };
  state.send({ kind: 'result', result: { test_id: id, status, ...failure, duration_ms: details.duration_ms } });
  if (is_failed && state.job.stop_at_first_failure) state.finish('complete');
}

/** The real node:test would wait for ever for a test that has nothing left to wait for. */
function drained() {
  if (running.ids.length === 0) return;
  for (const id of running.ids.toReversed()) {
    if (state.selection.wants(id))
      state.send({ kind: 'result', result: { test_id: id, status: 'failed', ...EMPTY, duration_ms: 0 } });
  }
  state.finish('incomplete', 'the event loop is empty');
}

const onEnd = () => state?.finish('complete');

module.exports = { run, listen, onEnd };
