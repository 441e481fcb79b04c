'use strict';
/** Where a cold run finds things: in our sandbox as the runner binds them; elsewhere as an exported grader says. */

const { SOCRATIC_ROOT = '/repo', SOCRATIC_JOB = '/job.json' } = process.env;

module.exports = { root: `${SOCRATIC_ROOT}/`, job_file: SOCRATIC_JOB };
