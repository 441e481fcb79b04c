import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../../../pipeline/errors.ts';
import { goRunner } from '../../../../pipeline/languages/go/runner/index.ts';
import type { Edit, RepositorySnapshot, Sandbox, TestRunner } from '../../../../pipeline/ports.ts';
import { prepareGoEnvironment } from '../../../../pipeline/repositories/go-environment.ts';
import { openSandbox } from '../../../../pipeline/sandbox/index.ts';
import { project } from '../../../sources.ts';

export const prepareGo = () =>
  prepareGoEnvironment({ cacheDir: join(project, 'data/cache'), go: 'go', requirements: [] });

/** Why Go cannot be tested here, printed too, or null. */
export async function missingGo(): Promise<string | null> {
  try {
    await prepareGo();
    await openSandbox();
    return null;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    process.stderr.write(`go test is not tested: ${error.message}\n`);
    return error.message;
  }
}

/** The runner with the machine's toolchain. */
export const goRunnerIn = async (sandbox: Sandbox): Promise<TestRunner> =>
  goRunner({ sandbox, node: process.execPath, ...(await prepareGo()) });

const root = join(project, 'tests/fixtures/tiny-go');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.go'));

export const tinyGo: RepositorySnapshot = {
  repository_id: 'repo_tiny-go',
  name: 'tiny-go',
  version: '1.0.0',
  language: 'go',
  root,
  source_paths: files.filter((path) => !path.endsWith('_test.go')).sort(),
  test_paths: files.filter((path) => path.endsWith('_test.go')).sort(),
  test: { runner: 'go-test', deselect: [], import_roots: [], environment: {} },
};

export const roman = readFileSync(join(root, 'roman.go'), 'utf8');

/** Replaces a part of `roman.go`. */
export function edit(from: string, replacement: string): Edit {
  const start = roman.indexOf(from);
  return { path: 'roman.go', start, end: start + from.length, replacement };
}

export const lineOf = (part: string): number => roman.slice(0, roman.indexOf(part)).split('\n').length;
