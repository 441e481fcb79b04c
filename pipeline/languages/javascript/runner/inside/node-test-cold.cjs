'use strict';
/** The real node:test in a fresh process: test files are loaded one by one and its own event stream is reported. */

const Module = require('node:module');
const realTest = require('node:test');
const { failureOf } = require('./failure.cjs');
const { Stop } = require('./record.cjs');

let state = null;

/** Ids of the top-level registrations that took place, in order. */
const registered = [];

function run(context) {
  state = { ...context, file: null, depth: 0 };
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
  state.depth = Number.POSITIVE_INFINITY;
  if (registered.length === 0) context.finish('complete');
  process.once('beforeExit', drained);
}

const registrars = ['test', 'it', 'describe', 'suite'];

/** node:test with registrations counted at top level, where those nobody asked for are left out. */
function wrapped() {
  const test = wrap(realTest);
  return Object.assign(test, Object.fromEntries(registrars.map((name) => [name, wrap(realTest[name])])));
}

function wrap(register) {
  const offered = (...args) => {
    if (state.depth > 0) return register(...args);
    const id = state.names.top(state.file, nameOf(args));
    if (!state.selection.reaches(id)) return Promise.resolve();
    registered.push(id);
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

/** Ids by nesting of the tests that have started and not ended. */
const path = [];
let top = 0;

/** One event of the stream. */
function onEvent({ type, data }) {
  if (type === 'test:start') {
    path.length = data.nesting;
    const id = data.nesting === 0 ? registered[top++] : state.names.child(path[data.nesting - 1], data.name);
    path.push(id);
    if (state.selection.wants(id)) state.send({ kind: 'start', id });
  } else if (type === 'test:pass' || type === 'test:fail') {
    const id = path[data.nesting];
    path.length = data.nesting;
    if (data.details.type === 'suite') onSuite(type, data);
    else report(id, type, data);
  }
}

const ordinary = new Set(['subtestsFailed', 'cancelledByParent', 'hookFailed']);

/** A suite's own failure shows in its tests, but for an error in the suite's callback. */
function onSuite(type, { details }) {
  if (type === 'test:fail' && !ordinary.has(details.error.failureType))
    state.finish('broken', failureOf(causeOf(details)).message);
}

const causeOf = ({ error }) =>
  error.cause instanceof Error || error.cause === undefined ? (error.cause ?? error) : error.cause;

function report(id, type, { details, skip, todo }) {
  if (!state.selection.wants(id)) return;
  const is_left_out = skip !== undefined || todo !== undefined;
  const failed = type === 'test:fail' && !is_left_out;
  const status = failed
    ? details.error.failureType === 'hookFailed'
      ? 'error'
      : 'failed'
    : is_left_out
      ? 'skipped'
      : 'passed';
  const failure = failed ? failureOf(causeOf(details)) : { message: null, exception: null, frames: [] };
  state.send({ kind: 'result', result: { test_id: id, status, ...failure, duration_ms: details.duration_ms } });
  if (failed && state.job.stop_at_first_failure) state.finish('complete');
}

/** The real node:test would wait for ever. Called once the stream has been read as far as it goes. */
function drained() {
  setImmediate(() => {
    if (path.length === 0) return;
    const message = 'Error: Promise resolution is still pending but the event loop has already resolved';
    for (const id of path.toReversed()) {
      if (state.selection.wants(id))
        state.send({
          kind: 'result',
          result: { test_id: id, status: 'failed', message, exception: 'Error', frames: [], duration_ms: 0 },
        });
    }
    state.finish('incomplete', 'the event loop is empty');
  });
}

const onEnd = () => state?.finish('complete');

module.exports = { run, onEvent, onEnd };
