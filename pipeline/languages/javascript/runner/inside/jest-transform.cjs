'use strict';
/**
 * What jest does to a file before it runs: nothing to plain CommonJS and native ES modules; `jest.mock` is hoisted in
 * test files; import and export become require where the package says that its files are CommonJS. Lines stay.
 */

const { readFileSync } = require('node:fs');
const { root } = require('./place.cjs');

const hasImports = /^\s*(?:import|export)\b/m;
const mocks = /\bjest\b/;
const texts = new Map();
const transformers = new Map();

/** babel-jest without any configuration of the project. */
function babel(has_imports) {
  if (!transformers.has(has_imports)) {
    const { createTransformer } = require('/node_modules/babel-jest');
    const plugins = has_imports ? ['/node_modules/@babel/plugin-transform-modules-commonjs'] : [];
    const own = { babelrc: false, configFile: false, retainLines: true, plugins };
    transformers.set(has_imports, createTransformer(own));
  }
  return transformers.get(has_imports);
}

function process(text, path, options) {
  const is_source = options.transformerConfig.source_paths.includes(path.slice(root.length));
  const has_imports = !options.supportsStaticESM && hasImports.test(text);
  const is_plain = !has_imports && (is_source || !mocks.test(text));
  const result = is_plain ? { code: text } : babel(has_imports).process(text, path, options);
  texts.set(path, result.code);
  return result;
}

/** The text that ran, or will run, of a file. */
const textOf = (path) => texts.get(path) ?? readFileSync(path, 'utf8');

module.exports = { process, textOf };
