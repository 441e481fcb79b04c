'use strict';
/** Turns whatever a test threw into a message, an exception name and source frames that are the same run to run. */

const { inspect } = require('node:util');

// Taken before code under test can replace them.
const { now, parse: parseTime } = Date;

const { root: ROOT } = require('./place.cjs');
const MESSAGE_LENGTH = 400;
const FRAME_COUNT = 12;
const frameLine = new RegExp(`(?:^|[\\s(])(?:file://)?${RegExp.escape(ROOT)}([^\\s():]+):(\\d+)(?::\\d+)?\\)?$`);

let sources = new Set();

/** Frames are kept only inside these paths, relative to the repository. */
const keepFramesIn = (paths) => {
  sources = new Set(paths);
};

const day_ms = 86_400_000;
const times =
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT|(?<!\d)\d{13}(?!\d)/g;
const encoded = /[\w.:-]*(?:%[0-9A-Fa-f]{2}[\w.:-]*)+/g;
const allDigits = /^\d+$/;

const timeOf = (text) => (allDigits.test(text) ? Number(text) : parseTime(text));

/** The time of the run itself; other times are what a test speaks of. */
const withoutNow = (text) => text.replace(times, (at) => (Math.abs(timeOf(at) - now()) < day_ms ? '<now>' : at));

/** What is encoded as in an address stays so, unless it holds the time of the run. */
const withoutEncodedNow = (text) =>
  text.replace(encoded, (part) => {
    const decoded = decodedOrNull(part);
    const masked = decoded === null ? null : withoutNow(decoded);
    return masked === decoded ? part : masked;
  });

function decodedOrNull(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** Paths become relative; addresses and the time of day vanish. */
const masked = (text) =>
  withoutNow(withoutEncodedNow(text))
    .replaceAll('file://', '')
    .replaceAll(ROOT, '')
    .replace(/0x[0-9a-f]{6,}/gi, '0x?')
    .replace(/\/tmp\/[^\s'"]+/g, '/tmp/?')
    .toWellFormed();

const cut = (text) => (text.length > MESSAGE_LENGTH ? text.slice(0, MESSAGE_LENGTH).toWellFormed() : text);

/** A value on one short line; never throws. */
const shown = (value) => {
  try {
    return inspect(value, {
      depth: 3,
      breakLength: Number.POSITIVE_INFINITY,
      maxArrayLength: 12,
      maxStringLength: 120,
    });
  } catch {
    return '[cannot be shown]';
  }
};

const property = (value, key) => {
  try {
    return value?.[key];
  } catch {
    return undefined;
  }
};

const isErrorLike = (value) =>
  value !== null && typeof value === 'object' && typeof property(value, 'message') === 'string';

const nameOf = (error) => {
  const name = property(error, 'name');
  return typeof name === 'string' && name !== '' ? name : (property(property(error, 'constructor'), 'name') ?? 'Error');
};

/** Outermost first. The deepest are kept when there are too many. */
function framesOf(stack) {
  if (typeof stack !== 'string') return [];
  const frames = [];
  for (const line of stack.split('\n')) {
    const match = frameLine.exec(line);
    if (match && sources.has(match[1])) frames.push({ path: match[1], line: Number(match[2]) });
    if (frames.length === FRAME_COUNT) break;
  }
  return frames.reverse();
}

/** The frames of the error, or of the error that it reports about (`doesNotThrow`, a cause). */
const framesWithin = (error) => {
  // where the stack ends is chance
  if (error instanceof RangeError && /call stack/.test(error.message)) return [];
  for (const each of [error, property(error, 'actual'), property(error, 'cause')]) {
    const frames = framesOf(property(each, 'stack'));
    if (frames.length > 0) return frames;
  }
  return [];
};

/** What a thrown value says. */
function failureOf(thrown) {
  if (!isErrorLike(thrown)) return { message: cut(masked(`thrown: ${shown(thrown)}`)), exception: null, frames: [] };
  const exception = nameOf(thrown);
  return { message: cut(masked(`${exception}: ${thrown.message}`)), exception, frames: framesWithin(thrown) };
}

/** What a failed assertion says that was reported and not thrown (tape). */
function failureOfAssertion({ name, operator, expected, actual, error, has_values }) {
  const values = has_values ? ` expected ${shown(expected)}, actual ${shown(actual)}` : '';
  const own = framesWithin(error);
  return {
    message: cut(masked(`AssertionError: ${name} (${operator})${values}`)),
    exception: 'AssertionError',
    frames: own.length > 0 ? own : framesWithin(actual),
  };
}

module.exports = { failureOf, failureOfAssertion, keepFramesIn, masked };
