import { count, defineTable, duration, id, listOf, oneOf, optional, place, type Row, real, text } from './table.ts';

export const Repositories = defineTable('repositories', {
  doc: 'A seed repository snapshot: where it came from, whether it can be used, and why not.',
  key: ['repository_id'],
  columns: {
    repository_id: id('Hash of name, version and archive digest.'),
    name: text('Name in the registry it came from.'),
    version: text('Exact version.'),
    language: oneOf(['python', 'javascript', 'go'], 'Language of its sources.'),
    split: oneOf(
      ['train', 'validation', 'held_out'],
      'What its tasks may be used for; the three never share a repository.',
    ),
    source_kind: oneOf(['pypi', 'npm', 'go', 'path'], 'Kind of origin.'),
    source_locator: place('Name and version as the registry client takes them, or a path.'),
    sha256: text('Digest of the archive (hex, or the npm integrity string).'),
    licence: text('SPDX identifier.'),
    runner: text('Test framework.'),
    source_file_count: count('Files that an edit may touch.'),
    test_file_count: count('Test files.'),
    test_count: count('Tests that pass every time on the pristine tree.'),
    tests: listOf(
      text('Test id.'),
      'Tests that pass every time on the pristine tree, cold and warm, in collection order.',
    ),
    left_out_tests: listOf(
      text('Test id.'),
      'Tests that failed, were skipped or differed between runs on the pristine tree.',
    ),
    agreement: real('Share of tests with the same status in the cold and the warm run of the pristine tree.'),
    status: oneOf(
      ['ready', 'unavailable', 'no_tests', 'missing_runner', 'failing_baseline', 'endless'],
      'Whether rounds can use it.',
    ),
    detail: optional(text('Why it is not ready.')),
    suite_ms: duration('Wall time of one warm run of the whole suite on the pristine tree.'),
    wall_ms: duration('Time of the baseline runs.'),
  },
});
export type Repository = Row<typeof Repositories>;
