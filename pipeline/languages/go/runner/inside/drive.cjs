'use strict';
/**
 * Builds the tests of each package and runs them in the order of the job. The job lies in a file, the report leaves by
 * file descriptor 3.
 */

const { accessSync, constants, cpSync, mkdirSync, readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('./build.cjs');
const { withHarness } = require('./harness.cjs');
const { PackageRun } = require('./package-run.cjs');

const { SOCRATIC_ROOT, SOCRATIC_JOB, ...environment } = process.env;
const job = JSON.parse(readFileSync(SOCRATIC_JOB, 'utf8'));
const work = join(environment.HOME, 'socratic');

const send = (message) => {
  let rest = Buffer.from(`${JSON.stringify(message)}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(3, rest));
};

const finish = (outcome, detail = null) => {
  send({ kind: 'end', outcome, detail });
  process.exit(0);
};

/** One program for each package; the run is broken when one cannot be built. */
function buildAll() {
  return withHarness(job).map((each, index) => {
    const options = { ...each, root: SOCRATIC_ROOT, work, index, environment, coverage: job.coverage };
    const { program, complaint } = build(options);
    if (complaint) finish('broken', complaint);
    return { ...each, program };
  });
}

/** The go tool keeps what it builds in its cache: one that is only to be read is copied. */
function openCache() {
  try {
    accessSync(environment.GOCACHE, constants.W_OK);
  } catch {
    const copy = join(work, 'cache');
    cpSync(environment.GOCACHE, copy, { recursive: true, preserveTimestamps: true });
    environment.GOCACHE = copy;
  }
}

async function drive() {
  mkdirSync(work, { recursive: true });
  openCache();
  for (const each of buildAll()) {
    const run = new PackageRun(each, { ...job, root: SOCRATIC_ROOT, work, environment, send });
    const end = await run.all();
    if (end.outcome !== 'complete') finish(end.outcome, end.detail);
    if (end.is_stopped) break;
  }
  finish('complete');
}

drive();
