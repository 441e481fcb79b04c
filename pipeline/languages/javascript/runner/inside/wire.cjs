'use strict';
/** Lines in by file descriptor 0, JSON lines out by file descriptor 3. Nothing here keeps the event loop alive. */

// Taken before code under test can replace them.
const { readSync, writeSync } = require('node:fs');
const { stringify } = JSON;
const wait = new Int32Array(new SharedArrayBuffer(4));

const retry = (action) => {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(wait, 0, 0, 1);
    }
  }
};

/** Writes one report line. */
function send(message) {
  let rest = Buffer.from(`${stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(retry(() => writeSync(3, rest)));
}

const chunk = Buffer.alloc(1 << 20);
let pieces = [];

/** The next request, waiting for it; null when the caller closed the channel. Blocks the whole process on purpose. */
function receive() {
  for (;;) {
    const last = pieces.at(-1);
    const end = last === undefined ? -1 : last.indexOf(10);
    if (end >= 0) {
      const line = Buffer.concat([...pieces.slice(0, -1), last.subarray(0, end)]).toString();
      pieces = [last.subarray(end + 1)];
      return JSON.parse(line);
    }
    const size = retry(() => readSync(0, chunk, 0, chunk.length, null));
    if (size === 0) return null;
    pieces.push(Buffer.from(chunk.subarray(0, size)));
  }
}

module.exports = { send, receive };
