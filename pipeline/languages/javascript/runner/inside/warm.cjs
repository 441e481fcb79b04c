'use strict';
/** A process that stays: every request runs tests over a fresh set of modules. Requests in, report lines out. */

const { readFileSync } = require('node:fs');
const { failureOf, keepFramesIn } = require('./failure.cjs');
const { Guard } = require('./guard.cjs');
const { pristineText } = require('./loader.cjs');
const { job_file, modules, root: ROOT } = require('./place.cjs');
const { RunOnce } = require('./run-once.cjs');
const { startWatchdog } = require('./watchdog.cjs');
const { receive, send } = require('./wire.cjs');

const MEMORY_BYTES = 700 * 1024 * 1024;

Error.stackTraceLimit = 25;
const job = JSON.parse(readFileSync(job_file, 'utf8'));
keepFramesIn(job.source_paths);

const quiet = (_chunk, encoding, callback) => {
  (typeof encoding === 'function' ? encoding : callback)?.();
  return true;
};
process.stdout.write = quiet;
process.stderr.write = quiet;

const frameworkOf = {
  tape: () => require(`${modules}tape`),
  mocha: () => require(`${modules}mocha`),
  'node-test': () => null,
};
const runOf = { tape: './tape.cjs', mocha: './mocha.cjs', 'node-test': './node-test.cjs' };
const framework = frameworkOf[job.runner]();
const { Run } = require(runOf[job.runner]);

let current = null;
process.on('uncaughtException', (error) => {
  if (!current?.run?.owns_uncaught) current?.run?.uncaught(error);
});
process.on('beforeExit', () => current?.run?.drained());
const guard = new Guard();
const exit = process.exit.bind(process);
const { setImmediate } = require('node:timers/promises');
const watchdog = startWatchdog();
/** Whether the guard could undo all that the last run left. */
let is_restored = true;
const idleResources = process.getActiveResourcesInfo().length;

/** Now; the most there ever was where /proc is withheld, as under Landlock. */
function residentBytes() {
  try {
    return process.memoryUsage.rss();
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}

/** True when nothing of the last run is left that could disturb the next one. */
async function settle() {
  if (!is_restored) return false;
  for (let turn = 0; turn < 4; turn++) {
    await setImmediate();
    if (process.getActiveResourcesInfo().length <= idleResources) return residentBytes() < MEMORY_BYTES;
  }
  return false;
}

const applied = (text, { start, end, replacement }) => text.slice(0, start) + replacement + text.slice(end);

/** Texts by absolute path with one edit on top. */
function withEdit(base, edit) {
  const path = ROOT + edit.path;
  return new Map(base).set(path, applied(base.get(path) ?? pristineText(path), edit));
}

const baseOf = (texts) => new Map(Object.entries(texts).map(([path, text]) => [ROOT + path, text]));

async function once(budget_ms, options) {
  current = new RunOnce({ Run, framework, job, ...options });
  watchdog.arm(budget_ms);
  let outcome;
  try {
    outcome = await current.execute();
  } catch (error) {
    outcome = { outcome: 'incomplete', detail: `the run was disturbed: ${String(error)}`, results: [], error };
  }
  // Before anything else: what follows needs the built-in objects as they were.
  is_restored = guard.restore();
  watchdog.disarm();
  current = null;
  return outcome;
}

async function suite({ texts, tests, coverage, stop_at_first_failure, wall_ms, canaries }) {
  const { outcome, detail } = await once(wall_ms, {
    edited: baseOf(texts),
    tests,
    coverage,
    stop_at_first_failure,
    canaries,
    idle_ms: wall_ms,
    onStart: (id) => send({ kind: 'start', id }),
    onResult: (result) => send({ kind: 'result', result }),
  });
  return { kind: 'end', outcome, detail };
}

const probeOf = ({ outcome, results }, tests) => {
  if (outcome === 'timeout' || outcome === 'broken') return { outcome, tests: [] };
  return { outcome: 'ran', tests: upToFailure(results, tests) };
};

const isBad = ({ status }) => status !== 'passed' && status !== 'skipped';

/** Results up to the first failure; a test that should have run and did not counts as one. */
function upToFailure(results, tests) {
  const failed = results.findIndex(isBad);
  if (failed >= 0) return results.slice(0, failed + 1);
  const reported = new Set(results.map(({ test_id }) => test_id));
  const absent = tests.find((id) => !reported.has(id));
  if (absent === undefined) return results;
  return [
    ...results,
    { test_id: absent, status: 'error', message: 'the test did not run', exception: null, frames: [], duration_ms: 0 },
  ];
}

/** One answer per candidate, and after the last one or a run that left traces an end. */
async function probe({ texts, candidates, tests, budget_ms }) {
  const base = baseOf(texts);
  for (const [index, edit] of candidates.entries()) {
    const outcome = await once(budget_ms, {
      edited: withEdit(base, edit),
      tests,
      coverage: false,
      stop_at_first_failure: true,
      idle_ms: budget_ms * 3 + 250,
    });
    send({ kind: 'probe', index, probe: probeOf(outcome, tests) });
    if (outcome.is_idle || !(await settle())) return { kind: 'end', is_spent: true };
  }
  return { kind: 'end' };
}

const handlers = { suite, probe };

async function serve() {
  send({ kind: 'ready' });
  for (;;) {
    const request = receive();
    if (request === null) exit(0);
    const answer = await handlers[request.kind](request);
    const is_spent = answer.is_spent || !(await settle());
    send({ ...answer, is_spent });
    if (is_spent) exit(0);
  }
}

serve().catch((error) => {
  send({ kind: 'fault', detail: `${failureOf(error).message} ${error?.stack}` });
  exit(1);
});
