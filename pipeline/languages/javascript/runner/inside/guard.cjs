'use strict';
/** Puts back what a test left changed in a process that goes on: built-in objects, listeners, environment, timers. */

const timers = require('node:timers');

// Taken before code under test can replace them.
const { ownKeys, getOwnPropertyDescriptor, defineProperty, deleteProperty, getPrototypeOf, setPrototypeOf } = Reflect;

const globalNames = [
  'Object',
  'Function',
  'Array',
  'String',
  'Number',
  'Boolean',
  'Symbol',
  'BigInt',
  'Date',
  'Promise',
  'RegExp',
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'ArrayBuffer',
  'DataView',
  'Uint8Array',
  'Buffer',
  'URL',
  'URLSearchParams',
];
const namespaceNames = ['JSON', 'Math', 'Reflect', 'console', 'process', 'Intl', 'Atomics'];
const moduleNames = [
  'fs',
  'path',
  'util',
  'events',
  'timers',
  'os',
  'assert',
  'url',
  'querystring',
  'http',
  'https',
  'crypto',
  'stream',
];
const prototypeOnly = [
  Object.getPrototypeOf(Uint8Array.prototype),
  Object.getPrototypeOf([][Symbol.iterator]()),
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
];
const events = [
  'exit',
  'beforeExit',
  'uncaughtException',
  'uncaughtExceptionMonitor',
  'unhandledRejection',
  'rejectionHandled',
  'warning',
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'message',
  'disconnect',
];
/** Properties of the process that change by themselves. */
const volatile = Object.assign(Object.create(null), {
  _events: true,
  _eventsCount: true,
  _maxListeners: true,
  title: true,
  exitCode: true,
  _exiting: true,
  domain: true,
});

/** Classes of Node's own modules: a stream, an emitter, a message. */
const classesOf = (module) =>
  ownKeys(module)
    .map((key) => getOwnPropertyDescriptor(module, key).value)
    .filter((value) => typeof value === 'function' && value.prototype);

function guarded() {
  const objects = [globalThis, ...prototypeOnly];
  for (const name of globalNames) objects.push(globalThis[name], globalThis[name].prototype);
  for (const name of namespaceNames) objects.push(globalThis[name]);
  for (const name of moduleNames) {
    const module = require(`node:${name}`);
    objects.push(module);
    for (const each of classesOf(module)) objects.push(each, each.prototype);
  }
  return [...new Set(objects)].filter(Boolean);
}

const { is: isIdentical, create } = Object;
const isSame = (now, was) => isIdentical(now.value, was.value) && now.get === was.get && now.set === was.set;

/**
 * One object as it was. Attributes of a property (enumerable ...) are put back only along with its value.
 * `restore` calls no method of any built-in object: those may be what was changed. Hence the plain loops.
 */
class Snapshot {
  #object;
  #prototype;
  #key_count;
  #keys = [];
  #descriptors = [];
  #is_data = [];
  #known = create(null);

  constructor(object) {
    this.#object = object;
    this.#prototype = getPrototypeOf(object);
    for (const key of ownKeys(object).filter((each) => !volatile[each])) {
      const descriptor = getOwnPropertyDescriptor(object, key);
      this.#keys.push(key);
      // without a prototype: what is added to Object.prototype must not become part of it
      this.#descriptors.push(Object.assign(create(null), descriptor));
      this.#is_data.push('value' in descriptor);
      this.#known[key] = true;
    }
    this.#key_count = this.#keys.length;
  }

  #isUntouched() {
    if (getPrototypeOf(this.#object) !== this.#prototype) return false;
    const keys = ownKeys(this.#object);
    let count = keys.length;
    if (this.#object === process) for (let index = 0; index < keys.length; index++) if (volatile[keys[index]]) count--;
    if (count !== this.#key_count) return false;
    for (let index = 0; index < this.#keys.length; index++) {
      const key = this.#keys[index];
      const was = this.#descriptors[index];
      if (this.#is_data[index] ? !isIdentical(this.#object[key], was.value) : !this.#isStill(key, was)) return false;
    }
    return true;
  }

  #isStill(key, was) {
    const now = getOwnPropertyDescriptor(this.#object, key);
    return now !== undefined && isSame(now, was);
  }

  /** False when something could not be put back. */
  restore() {
    if (this.#isUntouched()) return true;
    let is_clean = setPrototypeOf(this.#object, this.#prototype);
    const keys = ownKeys(this.#object);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index];
      if (!this.#known[key] && !volatile[key]) is_clean = deleteProperty(this.#object, key) && is_clean;
    }
    for (let index = 0; index < this.#keys.length; index++) {
      const key = this.#keys[index];
      const was = this.#descriptors[index];
      if (!this.#isStill(key, was)) is_clean = defineProperty(this.#object, key, was) && is_clean;
    }
    return is_clean;
  }
}

function restoreListeners(known) {
  for (const event of events) {
    const now = process.rawListeners(event);
    const was = known.get(event);
    if (now.length === was.length && now.every((listener, index) => listener === was[index])) continue;
    process.removeAllListeners(event);
    for (const listener of was) process.on(event, listener);
  }
}

function restoreEnvironment(known) {
  for (const key of Object.keys(process.env)) if (!Object.hasOwn(known, key)) delete process.env[key];
  for (const [key, value] of Object.entries(known)) if (process.env[key] !== value) process.env[key] = value;
}

const kinds = { setTimeout: 'clearTimeout', setInterval: 'clearInterval', setImmediate: 'clearImmediate' };

/** Makes the timer functions remember what they started. */
function trackTimers(started) {
  for (const name of Object.keys(kinds)) {
    const original = globalThis[name];
    const tracked = (...args) => {
      const handle = original(...args);
      started[started.length] = [kinds[name], handle];
      return handle;
    };
    Object.defineProperties(tracked, Object.getOwnPropertyDescriptors(original));
    globalThis[name] = tracked;
    timers[name] = tracked;
  }
}

class Guard {
  #started = [];
  #clear = Object.fromEntries(Object.values(kinds).map((name) => [name, globalThis[name]]));
  #snapshots;
  #listeners;
  #environment;
  #directory;

  /** Call it before any code under test is loaded. */
  constructor() {
    trackTimers(this.#started);
    // The first look makes Node load what it loads lazily.
    for (const object of guarded()) new Snapshot(object);
    this.#snapshots = guarded().map((object) => new Snapshot(object));
    this.#listeners = new Map(events.map((event) => [event, process.rawListeners(event)]));
    this.#environment = { ...process.env };
    this.#directory = process.cwd();
  }

  /** False when the process is not as it was and should be replaced. */
  restore() {
    let is_clean = true;
    for (let index = 0; index < this.#snapshots.length; index++)
      is_clean = this.#snapshots[index].restore() && is_clean;
    for (const [clear, handle] of this.#started) this.#clear[clear](handle);
    this.#started.length = 0;
    restoreListeners(this.#listeners);
    restoreEnvironment(this.#environment);
    if (process.cwd() !== this.#directory) process.chdir(this.#directory);
    process.exitCode = undefined;
    return is_clean;
  }
}

module.exports = { Guard };
