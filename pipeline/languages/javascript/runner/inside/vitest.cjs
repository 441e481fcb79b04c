'use strict';
/** The real vitest: one thread for each test file in turn, no file of the project's own configuration. */

const { failureOf } = require('./failure.cjs');
const { root } = require('./place.cjs');

const escaped = (path) => path.replace(/[\\*?[\]{}()!+@|]/g, '\\$&');

/** Test files in the order asked for. */
const orderOf = (files) =>
  class Order {
    sort(specifications) {
      const rank = ({ moduleId }) => files.indexOf(moduleId.slice(root.length));
      return [...specifications].sort((a, b) => rank(a) - rank(b));
    }

    shard(specifications) {
      return specifications;
    }
  };

const optionsOf = (files) => ({
  root: root.slice(0, -1),
  config: false,
  watch: false,
  include: files.map(escaped),
  exclude: [],
  environment: 'node',
  globals: true,
  pool: 'threads',
  maxWorkers: 1,
  fileParallelism: false,
  runner: `${__dirname}/vitest-runner.mjs`,
  reporters: [{}],
  update: 'none',
  fsModuleCache: false,
  sequence: { sequencer: orderOf(files) },
});

const viteOptions = { configFile: false, cacheDir: '/tmp/vite', logLevel: 'silent', css: { postcss: {} } };

/** `vitest-runner.mjs` reports single tests from the thread that runs them; what no test has caused is told here. */
async function run({ files, finish }) {
  if (files.length === 0) finish('complete');
  try {
    const { startVitest } = await import('/node_modules/vitest/dist/node.js');
    const vitest = await startVitest('test', [], optionsOf(files), viteOptions);
    const [error] = vitest.state.getUnhandledErrors();
    if (error) finish('incomplete', failureOf(error).message);
    finish('complete');
  } catch (error) {
    finish('broken', failureOf(error).message);
  }
}

module.exports = { run };
