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
    const size = retry(() => readSync(0, chunk, 0, chunk.length, null));
    if (size === 0) return null;
    const data = Buffer.from(chunk.subarray(0, size));
    const end = data.indexOf(10);
    if (end < 0) {
      pieces.push(data);
      continue;
    }
    const line = Buffer.concat([...pieces, data.subarray(0, end)]).toString();
    // The caller waits for the answer before it writes again, so nothing but a cancelled rest can follow.
    pieces = end + 1 < data.length ? [data.subarray(end + 1)] : [];
    return JSON.parse(line);
  }
}

module.exports = { send, receive };
