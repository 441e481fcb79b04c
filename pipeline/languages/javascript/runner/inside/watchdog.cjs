'use strict';
/**
 * Ends the process when a run uses too much processor time, whatever the code under test is doing: it watches from a
 * thread of its own. Processor time, because on a busy machine a run may wait long without being at fault.
 */

const { writeSync } = require('node:fs');
const { isMainThread, Worker, workerData } = require('node:worker_threads');

const poll_ms = 15;
/** Backup for a run that neither works nor waits: more wall time than any starved run should need. */
const patience = 40;

/** Shared words: the number of the run (0: none under way) and its budget in milliseconds. */
const RUN = 0;
const BUDGET = 1;

/** Called in the main thread. */
function startWatchdog() {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(__filename, { workerData: words, stdin: false, env: {} });
  worker.unref();
  let count = 0;
  return {
    arm: (budget_ms) => {
      count = (count % 1_000_000) + 1;
      Atomics.store(words, BUDGET, Math.ceil(budget_ms));
      Atomics.store(words, RUN, count);
      Atomics.notify(words, RUN);
    },
    disarm: () => {
      Atomics.store(words, RUN, 0);
      Atomics.notify(words, RUN);
    },
  };
}

const processorTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function watch(words) {
  for (;;) {
    Atomics.wait(words, RUN, 0);
    const run = Atomics.load(words, RUN);
    const budget_ms = Atomics.load(words, BUDGET);
    const [used, started] = [processorTime(), performance.now()];
    while (run !== 0 && Atomics.load(words, RUN) === run) {
      Atomics.wait(words, RUN, run, poll_ms);
      if (Atomics.load(words, RUN) !== run) break;
      if (processorTime() - used > budget_ms || performance.now() - started > budget_ms * patience) end();
    }
  }
}

function end() {
  writeSync(3, `\n${JSON.stringify({ kind: 'hung' })}\n`);
  process.kill(process.pid, 'SIGKILL');
}

if (!isMainThread) watch(workerData);

module.exports = { startWatchdog };
