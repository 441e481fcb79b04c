import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Edit, RepositorySnapshot, TestRunner } from '../../pipeline/ports.ts';
import type { OwnEnvironment } from '../../pipeline/repositories/node-environment.ts';
import { type RunnerCase, testRunnerContract } from '../contracts/test-runner.ts';
import { runnerOf } from '../pipeline/languages/javascript/frameworks.ts';
import { project } from '../sources.ts';

const ids = [
  'test/numerals.test.js::with one letter',
  'test/numerals.test.js::the table itself',
  'test/roman.test.js::toRoman > writes 1',
  'test/roman.test.js::toRoman > writes 4',
  'test/roman.test.js::toRoman > writes 1994',
  'test/roman.test.js::toRoman > refuses what is no number',
  'test/roman.test.js::fromRoman > reads',
  'test/roman.test.js::fromRoman > reads#2',
  'test/roman.test.js::fromRoman > is null for other texts',
  'test/roman.test.js::fromRoman > reads small letters',
  'test/roman.test.js::one is the inverse of the other',
];

function repositoryOf(runner: OwnEnvironment): RepositorySnapshot {
  const name = `tiny-${runner}`;
  const root = join(project, 'tests/fixtures', name);
  const below = (folder: string) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`);
  const test = { runner, deselect: [], import_roots: [], environment: {} };
  const paths = { source_paths: below('lib').sort(), test_paths: below('test').sort() };
  return { repository_id: `repo_${name}`, name, version: '1.0.0', language: 'javascript', root, ...paths, test };
}

function caseOf(framework: OwnEnvironment, runner: TestRunner): RunnerCase {
  const repository = repositoryOf(framework);
  const path = 'lib/roman.js';
  const text = readFileSync(join(repository.root, path), 'utf8');
  const edit = (from: string, replacement: string): Edit => {
    const start = text.indexOf(from);
    return { path, start, end: start + from.length, replacement };
  };
  const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split('\n').length;
  const wrong = edit('rest.slice(letters.length)', 'rest.missing.slice(1)');
  return {
    repository,
    runner,
    ids,
    skipped: [ids[9]!],
    wrong: {
      edit: wrong,
      failing: [ids[6]!, ids[7]!, ids[10]!],
      message: /^TypeError: Cannot read properties of undefined/,
      frame: { path, line: lineOf('rest.slice(') },
    },
    back: { ...wrong, end: wrong.start + wrong.replacement.length, replacement: 'rest.slice(letters.length)' },
    broken: edit('let sum = 0;', 'let sum = ;'),
    hangs: { edit: edit('sum += value;', 'for (;;) {}'), test_id: ids[6]! },
    exits: edit('let sum = 0;', 'let sum = 0; process.exit(0);'),
    coverage: {
      test_id: ids[8]!,
      path,
      executed: [lineOf('let sum'), lineOf('return rest ===')],
      not_executed: lineOf('sum += value;'),
    },
  };
}

for (const framework of ['jest', 'vitest'] as const) {
  const runner = await runnerOf(framework);
  if (runner) testRunnerContract(framework, async () => caseOf(framework, runner));
  else describe.skip(`${framework} as a TestRunner`, () => {});
}
