'use strict';
/** The real jest in this process: one file after the other, configured by us but for what cannot change a result's truth. */

const { existsSync, readFileSync } = require('node:fs');
const { failureOf } = require('./failure.cjs');
const { configure } = require('./jest-follow.cjs');
const { root } = require('./place.cjs');
const { Recorder } = require('./record.cjs');

/** Settings of the package's own `jest` key that are kept; transforms, reporters, coverage and the like are ours. */
const kept = [
  'clearMocks',
  'fakeTimers',
  'globals',
  'moduleDirectories',
  'moduleNameMapper',
  'modulePaths',
  'resetMocks',
  'resetModules',
  'restoreMocks',
  'roots',
  'setupFiles',
  'setupFilesAfterEnv',
  'testEnvironment',
  'testEnvironmentOptions',
  'testTimeout',
];

function ownSettings() {
  const file = `${root}package.json`;
  const { jest = {} } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return Object.fromEntries(kept.filter((key) => key in jest).map((key) => [key, jest[key]]));
}

const configOf = (job) => ({
  ...ownSettings(),
  rootDir: root.slice(0, -1),
  cacheDirectory: '/tmp/jest',
  testMatch: ['**/*'],
  testRunner: `${__dirname}/jest-follow.cjs`,
  transform: { '': [`${__dirname}/jest-transform.cjs`, { source_paths: job.source_paths }] },
  reporters: [`${__dirname}/jest-reporter.cjs`],
});

const flags = { ci: true, cache: false, runInBand: true, runTestsByPath: true, silent: true, watchman: false, $0: '' };

function coverageOf({ source_paths }) {
  const { CoverageSession } = require('./coverage.cjs');
  const { textOf } = require('./jest-transform.cjs');
  return new CoverageSession(source_paths, textOf);
}

const isFailure = ({ status }) => status !== 'passed' && status !== 'skipped';

/** Runs the files in the order given, each followed by its canary. */
async function run({ job, selection, files, send, finish }) {
  const recorder = new Recorder(selection, {
    stop_at_first_failure: job.stop_at_first_failure,
    coverage: job.coverage ? coverageOf(job) : null,
    onStart: (id) => send({ kind: 'start', id }),
    onResult: (result) => {
      send({ kind: 'result', result });
      if (job.stop_at_first_failure && isFailure(result) && !job.canaries.includes(result.test_id)) finish('complete');
    },
  });
  configure({ files, selection, recorder, finish, canaries: job.canaries });
  const paths = files.map((file) => `${root}${file}`);
  const argv = {
    ...flags,
    _: paths,
    config: JSON.stringify(configOf(job)),
    testSequencer: `${__dirname}/jest-order.cjs`,
  };
  try {
    await require('/node_modules/jest').runCLI(argv, [root.slice(0, -1)]);
    finish('complete');
  } catch (error) {
    finish('broken', failureOf(error).message);
  }
}

module.exports = { run };
