'use strict';
/**
 * Grades what was handed in by running hidden tests in a fresh process. `verifier.json` beside this file says which.
 *
 * grade.cjs --patch FILE --logs DIR   applies the patch, writes reward.json, reward.txt, details.json and ctrf.json
 * grade.cjs --tap                     prints one TAP line a test; exit status 1 unless every test passed
 *
 * The twin of grade.py: images of JavaScript tasks have no Python.
 */

const { spawnSync } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

function main(args) {
  const verifier = JSON.parse(readFileSync(join(__dirname, 'verifier.json'), 'utf8'));
  if (args.join() === '--tap') return tap(verifier, run(verifier));
  const options = Object.fromEntries(args.flatMap((name, i) => (i % 2 === 0 ? [[name, args[i + 1]]] : [])));
  const patch = apply(verifier, options['--patch']);
  const outcome = patch === 'refused' ? { results: new Map(), code: 1, status: 'patch_refused' } : run(verifier);
  write(options['--logs'], verifier, outcome, patch);
  return 0;
}

/** Puts the patch on the tree, without what it says of tests and of test configuration. */
function apply(verifier, patch) {
  const size = statSync(patch, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return 'none';
  const excludes = verifier.protected.map((path) => `--exclude=${path}`);
  const args = ['-c', 'safe.directory=*', 'apply', '--whitespace=nowarn', ...excludes, patch];
  const done = spawnSync('git', args, { cwd: verifier.cwd, encoding: 'utf8' });
  if (done.status === 0) return 'applied';
  console.log(`the patch does not apply: ${done.error?.message ?? done.stderr.trim()}`);
  return 'refused';
}

/** Starts the tests; their report comes by descriptor 3, apart from anything they print. */
function run(verifier) {
  const folder = mkdtempSync(join(tmpdir(), 'grade-'));
  const [file, request] = [join(folder, 'report'), join(folder, 'request.json')];
  const canaries = newCanaries(verifier.canaries);
  writeFileSync(request, JSON.stringify(withCanaries(canaries)));
  const done = spawnSync(process.execPath, verifier.argv.slice(1), {
    cwd: verifier.cwd,
    env: { ...verifier.environment, SOCRATIC_JOB: request },
    stdio: ['ignore', 'ignore', 'ignore', openSync(file, 'w')],
    timeout: verifier.timeout_sec * 1000,
    killSignal: 'SIGKILL',
  });
  const code = done.error?.code === 'ETIMEDOUT' ? 124 : (done.status ?? 1);
  return believed(outcomeOf(verifier, records(readFileSync(file, 'utf8')), code), canaries);
}

function newCanaries({ count, suffix }) {
  const word = () => `test_${randomBytes(6).toString('hex')}`;
  const file = `${word()}.js`;
  return Array.from({ length: count }, () => `${file}::${word()}${suffix}`);
}

function withCanaries(canaries) {
  const request = JSON.parse(readFileSync(join(__dirname, 'request.json'), 'utf8'));
  return { ...request, canaries, tests: request.tests && [...request.tests, ...canaries] };
}

/** A test that must fail and does not: something makes failures vanish, and no result counts. */
function believed(outcome, canaries) {
  const fail = canaries.every((id) => ['failed', 'error'].includes(outcome.results.get(id)?.status));
  for (const id of canaries) outcome.results.delete(id);
  return fail || outcome.status !== 'complete' ? outcome : { ...outcome, results: new Map(), status: 'forged' };
}

const records = (report) =>
  report.split('\n').flatMap((line) => {
    try {
      const value = JSON.parse(line);
      return value !== null && typeof value === 'object' ? [value] : [];
    } catch {
      return [];
    }
  });

/** A test that did not report did not pass; a run without its last record is not to be trusted as a whole. */
function outcomeOf(verifier, found, code) {
  const results = new Map();
  const end = found.findLast((record) => record.kind === 'end')?.outcome;
  for (const { kind, result } of end === 'broken' ? [] : found) {
    if (kind !== 'result') continue;
    const known = results.get(result.test_id)?.status ?? 'passed';
    if (known !== 'passed' && known !== 'skipped') continue;
    results.set(result.test_id, { status: result.status, message: result.message, ms: result.duration_ms });
  }
  const reported = askedOf(verifier).every((id) => results.has(id));
  const status = end === 'complete' && reported ? 'complete' : end === 'broken' ? 'broken' : 'incomplete';
  return { results, code, status };
}

const askedOf = ({ fail_to_pass, pass_to_pass }) => [...fail_to_pass, ...pass_to_pass];
const passed = (outcome, id) => outcome.results.get(id)?.status === 'passed';

/** Keeping tests green earns nothing before a failing one is repaired: a patch that does nothing gets 0. */
function reward({ fail_to_pass, pass_to_pass, weights }, outcome, patch) {
  const count = (ids) => ids.filter((id) => passed(outcome, id)).length;
  const [fixed, kept, f2p, p2p] = [count(fail_to_pass), count(pass_to_pass), fail_to_pass.length, pass_to_pass.length];
  const full_repair = fixed === f2p && kept === p2p ? 1 : 0;
  const parts = { full_repair, partial_repair: fixed / f2p, preservation: fixed > 0 ? kept / p2p : 0 };
  return {
    reward: Object.entries(parts).reduce((sum, [name, value]) => sum + weights[name] * value, 0),
    ...parts,
    f2p_total: f2p,
    f2p_passed: fixed,
    f2p_rate: fixed / f2p,
    p2p_total: p2p,
    p2p_passed: kept,
    p2p_rate: kept / p2p,
    regressions: p2p - kept,
    exit_code: outcome.code,
    eval_trustworthy: outcome.status === 'complete' ? 1 : 0,
    patch_applied: patch === 'applied' ? 1 : 0,
  };
}

function write(logs, verifier, outcome, patch) {
  mkdirSync(logs, { recursive: true });
  const scores = reward(verifier, outcome, patch);
  const not_passed = askedOf(verifier).filter((id) => !passed(outcome, id));
  put(logs, 'details.json', JSON.stringify({ parse_status: outcome.status, patch, not_passed }, null, 1));
  put(logs, 'ctrf.json', JSON.stringify(ctrf(askedOf(verifier), outcome)));
  put(logs, 'reward.txt', `${scores.reward}\n`);
  put(logs, 'reward.json', JSON.stringify(scores, null, 1));
  for (const id of not_passed.slice(0, 20)) console.log(`not passed: ${id}: ${messageOf(outcome, id)}`);
  console.log(`reward ${scores.reward}, run ${outcome.status}, patch ${patch}`);
}

function ctrf(asked, outcome) {
  const tests = asked.map((name) => {
    const found = outcome.results.get(name) ?? { status: 'missing', ms: 0 };
    const status = ['passed', 'skipped'].includes(found.status) ? found.status : 'failed';
    const test = { name, status, duration: found.ms };
    return status === 'passed' ? test : { ...test, message: messageOf(outcome, name) };
  });
  const count = (status) => tests.filter((test) => test.status === status).length;
  const counts = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
  const summary = { tests: tests.length, ...counts, pending: 0, other: 0, start: 0, stop: 0 };
  return { results: { tool: { name: 'socratic-grader' }, summary, tests } };
}

function messageOf(outcome, id) {
  const found = outcome.results.get(id);
  return found === undefined ? 'did not report' : found.message || found.status;
}

/** The reward appears whole or not at all. */
function put(folder, name, text) {
  writeFileSync(join(folder, `.${name}`), text);
  renameSync(join(folder, `.${name}`), join(folder, name));
}

function tap(verifier, outcome) {
  const asked = askedOf(verifier);
  asked.forEach((id, index) => {
    console.log(`${passed(outcome, id) ? 'ok' : 'not ok'} ${index + 1} ${verifier.log_names[id] ?? id}`);
  });
  console.log(`# run ${outcome.status}`);
  return outcome.status === 'complete' && asked.every((id) => passed(outcome, id)) ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
