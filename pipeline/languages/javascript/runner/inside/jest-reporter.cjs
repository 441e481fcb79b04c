'use strict';
/** Told by jest of whole files only; single tests are followed by `jest-follow.cjs` as they run. */

const { onFileError } = require('./jest-follow.cjs');

module.exports = class FileReporter {
  onTestFileResult(_test, { testExecError }) {
    if (testExecError) onFileError(testExecError);
  }
};
