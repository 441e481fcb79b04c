import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../../../pipeline/errors.ts';
import { javascriptRunner } from '../../../../pipeline/languages/javascript/runner/index.ts';
import type { Edit, RepositorySnapshot, SuiteRun, TestRunner } from '../../../../pipeline/ports.ts';
import { prepareNodeEnvironment } from '../../../../pipeline/repositories/node-environment.ts';
import { openSandbox } from '../../../../pipeline/sandbox/index.ts';
import { project } from '../../../sources.ts';
import { runnerOf } from './frameworks.ts';
import { node } from './tiny.ts';

const sandbox = await openSandbox().catch((error: unknown) => {
  if (!(error instanceof DataError)) throw error;
  console.log(`forged JavaScript results not tested: ${error.message}`);
  return null;
});

const wall_ms = 60_000;
const source = "'use strict';\nexports.half = (n) => {\n  return n / 2;\n};\n";
const suites = {
  'node-test': `const test = require('node:test'); const assert = require('node:assert/strict'); const { half } = require('..');
test('four', () => assert.equal(half(4), 2));
test('ten', () => assert.deepEqual([half(10)], [5]));
`,
  mocha: `const assert = require('assert'); const { half } = require('..');
describe('half', () => { it('four', () => assert.equal(half(4), 2)); it('ten', () => assert.deepEqual([half(10)], [5])); });
`,
  jest: `const assert = require('assert'); const { half } = require('..');
test('four', () => assert.equal(half(4), 2));
test('ten', () => expect([half(10)]).toEqual([5]));
`,
  vitest: `import assert from 'node:assert'; import { expect, test } from 'vitest'; import { half } from '..';
test('four', () => assert.equal(half(4), 2));
test('ten', () => expect([half(10)]).toEqual([5]));
`,
  tape: `const test = require('tape'); const { half } = require('..');
test('four', (t) => { t.equal(half(4), 2); t.end(); });
test('ten', (t) => { t.deepEqual([half(10)], [5]); t.end(); });
`,
} as const;
type Runner = keyof typeof suites;

/** What `half` does before it returns the wrong number. */
const lying = (statement: string): Edit => {
  const start = source.indexOf('return n / 2;');
  return { path: 'index.js', start, end: start + 'return n / 2;'.length, replacement: `${statement}; return n;` };
};

/** The same, and the statement while the module is loaded. */
const lyingEarly = (statement: string): Edit => {
  const text = source.replace('return n / 2;', 'return n;').replace(';', `;${statement};`);
  return { path: 'index.js', start: 0, end: source.length, replacement: text };
};

const blindAssert =
  "const a = require('assert'); for (const o of [a, a.strict]) for (const k of Object.keys(o)) if (/qual|ok/.test(k)) o[k] = () => {}";
const blindTape =
  "const { Test } = require('tape'); Test.prototype._assert = () => {}; Test.prototype.equal = () => {}";
const blindExpect =
  'const blind = () => ({ pass: true, message: String }); globalThis.expect.extend({ toBe: blind, toEqual: blind })';
const blindMocha = "require('mocha').Runnable.prototype.run = function (done) { done(); }";
const lines = (ids: readonly string[]): string =>
  [
    ...ids.map((test_id) => ({
      kind: 'result',
      result: { test_id, status: 'passed', message: null, exception: null, frames: [], duration_ms: 1 },
    })),
    { kind: 'end', outcome: 'complete' },
  ]
    .map((message) => `${JSON.stringify(message)}\n`)
    .join('');

/** Frameworks with packages of their own, where these can be had. Cold and in a session are the same there. */
const own = sandbox ? { jest: await runnerOf('jest'), vitest: await runnerOf('vitest') } : { jest: null, vitest: null };
const isOwn = (name: Runner): name is 'jest' | 'vitest' => name === 'jest' || name === 'vitest';
const names = (Object.keys(suites) as Runner[]).filter((name) => !isOwn(name) || own[name]);

async function openRunner(name: Runner): Promise<TestRunner> {
  if (isOwn(name)) return own[name]!;
  const cacheDir = join(project, 'data/cache');
  const packages = name === 'node-test' ? null : await prepareNodeEnvironment({ cacheDir, dependencies: [] });
  return javascriptRunner({ sandbox: sandbox!, node, node_modules: packages?.node_modules ?? null });
}

describe.skipIf(!sandbox).each<Runner>(names)('forged results of %s', (name) => {
  let root: string;
  let runner: TestRunner;
  let repository: RepositorySnapshot;
  let ids: readonly string[];
  let session: Awaited<ReturnType<TestRunner['warm']>>;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'forged-'));
    await writeFile(join(root, 'index.js'), source);
    await writeFile(join(root, 'half.test.js'), suites[name].replace("'..'", "'./index.js'"));
    runner = await openRunner(name);
    const test = { runner: name, deselect: [], import_roots: [], environment: {} };
    const paths = { source_paths: ['index.js'], test_paths: ['half.test.js'] };
    repository = { repository_id: `repo_${name}`, name, version: '1', language: 'javascript', root, ...paths, test };
    session = await runner.warm(repository);
    ids = session.test_ids;
  }, 120_000);
  afterAll(async () => {
    await session?.close();
    await rm(root, { recursive: true, force: true });
  });

  const both = async (edits: Edit[]): Promise<SuiteRun[]> => [
    ...(isOwn(name) ? [] : [await session.suite({ edits, wall_ms, tests: ids })]),
    await runner.cold(repository, { edits, wall_ms, tests: ids }),
  ];
  const blind = {
    'node-test': blindAssert,
    mocha: blindAssert,
    tape: blindTape,
    jest: blindExpect,
    vitest: blindExpect,
  }[name];
  const statuses = (run: SuiteRun) => run.tests.map((test) => test.status);

  it('an honest run has the asked tests and nothing else', async () => {
    for (const run of await both([])) expect([run.outcome, statuses(run)]).toEqual(['complete', ['passed', 'passed']]);
    for (const run of await both([lying('0')]))
      expect([run.outcome, statuses(run)]).toEqual(['complete', ['failed', 'failed']]);
  }, 240_000);

  it('assertions made blind, and the honest run after it is believed', async () => {
    for (const run of await both([lyingEarly(blind)])) expect(run).toMatchObject({ outcome: 'forged', tests: [] });
    // a block of tape holds on to the assertions it was made with
    const late = name === 'tape' ? ['failed', 'failed'] : [];
    for (const run of await both([lying(blind)])) expect(statuses(run)).toEqual(late);
    for (const run of await both([lying('0')])) expect(statuses(run)).toEqual(['failed', 'failed']);
    for (const run of await both([])) expect(statuses(run)).toEqual(['passed', 'passed']);
  }, 240_000);

  it.runIf(name === 'mocha')('a test runner that calls no test', async () => {
    for (const edit of [lying(blindMocha), lyingEarly(blindMocha)])
      for (const run of await both([edit])) expect(run).toMatchObject({ outcome: 'forged', tests: [] });
  });

  it('a report written past the framework, by a process that leaves or goes on', async () => {
    const write = `require('fs').writeSync(3, ${JSON.stringify(lines(ids))})`;
    for (const statement of [`${write}; process.exit(0)`, write])
      for (const run of await both([lying(statement)])) expect(statuses(run)).not.toEqual(['passed', 'passed']);
    for (const run of await both([lying('0')])) expect(statuses(run)).toEqual(['failed', 'failed']);
  }, 240_000);

  it('what is printed is no report', async () => {
    const noise = `console.log('ok 1 four'); console.log(${JSON.stringify(lines(ids))})`;
    for (const run of await both([lying(noise)])) expect(statuses(run)).toEqual(['failed', 'failed']);
  }, 240_000);
});
