'use strict';
/** One run in a fresh process with the real framework. The job lies in a file, the report leaves by file descriptor 3. */

const { readFileSync } = require('node:fs');
const { withCanaries } = require('./canary.cjs');
const { failureOf, keepFramesIn } = require('./failure.cjs');
const { job_file, modules, root } = require('./place.cjs');
const { Recorder, Stop } = require('./record.cjs');
const { Selection } = require('./selection.cjs');
const { send } = require('./wire.cjs');

Error.stackTraceLimit = 25;
const job = JSON.parse(readFileSync(job_file, 'utf8'));
keepFramesIn(job.source_paths);
const selection = new Selection(job.tests, job.deselect);
const exit = process.exit.bind(process);

const finish = (outcome, detail = null) => {
  send({ kind: 'end', outcome, detail });
  exit(0);
};

const loadTests = (file) => {
  try {
    return require(`${root}${file}`);
  } catch (error) {
    throw new Stop('broken', failureOf(error).message);
  }
};

const frameworkOf = { tape: () => require(`${modules}tape`), mocha: () => require(`${modules}mocha`) };
const testOf = { tape: frameworkOf.tape, mocha: () => globalThis.describe, 'node-test': () => require('node:test') };
const { files, load } = withCanaries({
  runner: job.runner,
  canaries: job.canaries,
  files: selection.files(job.test_paths),
  load: loadTests,
  test: testOf[job.runner],
});

async function runWith({ Run }) {
  const recorder = new Recorder(selection, {
    stop_at_first_failure: job.stop_at_first_failure,
    coverage: null,
    onStart: (id) => send({ kind: 'start', id }),
    onResult: (result) => send({ kind: 'result', result }),
  });
  const run = new Run({
    files,
    load,
    selection,
    recorder,
    framework: frameworkOf[job.runner](),
  });
  process.on('beforeExit', () => run.drained());
  if (!run.owns_uncaught) process.on('uncaughtException', (error) => run.uncaught(error));
  try {
    await run.run();
    finish('complete');
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    finish(error.outcome, error.detail);
  }
}

const ownProcess = { jest: './jest.cjs', vitest: './vitest.cjs' };

if (ownProcess[job.runner]) {
  const files = selection.files(job.test_paths);
  require(ownProcess[job.runner]).run({ job, selection, files, send, finish });
} else if (job.runner === 'node-test') {
  require('./node-test-cold.cjs').run({ job, files, load, selection, send, finish });
} else {
  runWith(job.runner === 'tape' ? require('./tape.cjs') : require('./mocha.cjs'));
}
