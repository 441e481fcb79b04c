import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PythonEnvironment } from '../../../../pipeline/languages/python/runner/command.ts';
import { pythonRunner } from '../../../../pipeline/languages/python/runner/runner.ts';
import type { Edit, RepositorySnapshot, SuiteRun, TestRunner } from '../../../../pipeline/ports.ts';
import { preparePythonEnvironment } from '../../../../pipeline/repositories/python-environment.ts';
import { openSandbox } from '../../../../pipeline/sandbox/index.ts';

const project = join(import.meta.dirname, '../../../..');

/** tests/fixtures/tiny-python as a seed repository. */
export const tiny: RepositorySnapshot = {
  repository_id: 'repo_tiny',
  name: 'tiny-python',
  version: '1',
  language: 'python',
  root: join(project, 'tests/fixtures/tiny-python'),
  source_paths: ['basket', 'checks', 'errors', 'wording'].map((name) => `tally/${name}.py`),
  test_paths: ['tests/test_basket.py', 'tests/test_wording.py'],
  test: { runner: 'pytest', deselect: [], import_roots: [], environment: {} },
};

/** The edit that puts `replacement` in the place of the only occurrence of `old`. */
export function edit(path: string, old: string, replacement: string, root = tiny.root): Edit {
  const text = readFileSync(join(root, path), 'utf8');
  const start = text.indexOf(old);
  if (start < 0 || text.indexOf(old, start + 1) >= 0)
    throw new Error(`${path} does not have one ${JSON.stringify(old)}`);
  return { path, start, end: start + old.length, replacement };
}

/** What two runs of the same tests must agree on: everything but time and addresses. */
export const verdicts = (run: SuiteRun): unknown => ({
  outcome: run.outcome,
  tests: run.tests.map(({ duration_ms: _, ...test }) => test),
});

/** The runner of this machine, or why there is none: no sandbox, no Python, or no network for the first set-up. */
export async function openRunner(): Promise<
  { runner: TestRunner; environment: PythonEnvironment } | { reason: string }
> {
  try {
    const cacheDir = join(project, 'data/cache');
    const environment = await preparePythonEnvironment({ cacheDir, python: 'python3', requirements: [] });
    return { runner: pythonRunner({ sandbox: await openSandbox(), python: environment }), environment };
  } catch (error) {
    return { reason: String(error) };
  }
}
