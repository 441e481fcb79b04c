import type { Repository } from '../../schemas/repositories.ts';
import type { TestResult } from '../ports.ts';

/** Failing tests a statement names, and a Solver is given. */
export const namedTests = 6;

/**
 * The task in words, from what anyone sees who runs the failing tests. Says nothing of the bug's place, of its kind
 * or of the fix.
 */
export function problemStatement(
  repository: Pick<Repository, 'name' | 'version' | 'language'>,
  failing: readonly TestResult[],
): string {
  const named = failing.slice(0, namedTests);
  const lines = named.map((test) => `- \`${test.test_id}\`: ${firstLine(test.message) || test.status}`);
  const more = failing.length > named.length ? [`- and ${failing.length - named.length} more`] : [];
  const subject = failing.length === 1 ? 'A test fails' : `${failing.length} tests fail`;
  return [
    `${subject} in ${repository.name} ${repository.version}:`,
    '',
    ...lines,
    ...more,
    '',
    'These tests describe how the library should behave. Find the cause in its sources and repair it.',
    'Do not change any test; tests that pass now must still pass.',
  ].join('\n');
}

/** How a user would run the failing tests, in a POSIX shell. */
export function testCommand(runner: string, failing_tests: readonly string[]): string {
  const files = [...new Set(failing_tests.map((id) => id.split('::')[0]!))].sort().map(word);
  switch (runner) {
    case 'pytest':
      return `python -m pytest ${failing_tests.slice(0, namedTests).map(quoted).join(' ')}`;
    case 'node-test':
      return `node --test ${files.join(' ')}`;
    case 'jest':
      return `jest ${files.join(' ')}`;
    case 'vitest':
      return `vitest run ${files.join(' ')}`;
    case 'go-test':
      return goTest(failing_tests.slice(0, namedTests));
    case 'mocha':
      return `mocha ${files.join(' ')}`;
    default:
      return files.map((file) => `node ${file}`).join(' && ');
  }
}

function goTest(ids: readonly string[]): string {
  const places = ids.map((id) => /^(.*?)[^/]*::(.*)$/.exec(id)!);
  const folders = [...new Set(places.map(([, folder]) => word(`./${folder!.replace(/\/$/, '')}`)))].sort();
  return `go test -run '^(${places.map(([, , name]) => name).join('|')})$' ${folders.join(' ')}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text));

const firstLine = (message: string | null): string => (message ?? '').split('\n')[0]!.slice(0, 200);
