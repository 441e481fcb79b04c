'use strict';
/**
 * Where a run finds things: as the runner binds them, as a sandbox without a root of its own lays them out, or as an
 * exported grader says. Code under test does not see it said.
 */

const { env } = process;
const { SOCRATIC_ROOT = '/repo', SOCRATIC_JOB = '/job.json', SOCRATIC_MODULES = '/node_modules' } = env;
for (const name of ['SOCRATIC_ROOT', 'SOCRATIC_JOB', 'SOCRATIC_MODULES']) delete env[name];

module.exports = { root: `${SOCRATIC_ROOT}/`, job_file: SOCRATIC_JOB, modules: `${SOCRATIC_MODULES}/` };
