'use strict';
/** A test file for each package of a job, under names that no code of it can know. */

const { randomBytes } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const template = readFileSync(join(__dirname, 'harness.go.txt'), 'utf8');
const word = () => randomBytes(6).toString('hex');

/** The job's packages with their harness; canaries are ids of tests that must fail, one for each package. */
const withHarness = ({ packages, canaries }) =>
  packages.map((each, index) => {
    const canary = canaries[index];
    const test = { id: canary, name: canary === undefined ? 'Test_unused' : goName(canary), must_fail: true };
    const tests = canary === undefined ? each.tests : [...each.tests, test];
    return { ...each, tests, harness: harnessFor(each.name, test.name) };
  });

/** Go runs what begins with a capital letter. */
const goName = (id) => id.slice(id.indexOf('::') + 2).replace(/^t/, 'T');

/** `mark` begins each line that the file reports. */
function harnessFor(name, canary) {
  const [prefix, mark] = [`a${word()}`, word()];
  const text = template
    .replace('package PACKAGE', `package ${name}`)
    .replaceAll('WORD', `${prefix}_`)
    .replaceAll('MARK', mark)
    .replace('CANARY', canary);
  return { file: `${prefix}_test.go`, text, mark };
}

module.exports = { withHarness };
