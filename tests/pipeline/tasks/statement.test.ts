import { describe, expect, it } from 'vitest';
import type { TestResult } from '../../../pipeline/ports.ts';
import { problemStatement, testCommand } from '../../../pipeline/tasks/statement.ts';

const result = (test_id: string, message: string | null = 'AssertionError: no'): TestResult => ({
  test_id,
  status: 'failed',
  message,
  exception: null,
  frames: [{ path: 'lib/secret.py', line: 7 }],
  duration_ms: 1,
});
const repository = { name: 'lib', version: '1.2', language: 'python' as const };

describe('problemStatement', () => {
  it('names one failing test with its message', () => {
    expect(problemStatement(repository, [result('t.py::a', 'KeyError: x\nat lib/secret.py:7')])).toBe(
      [
        'A test fails in lib 1.2:',
        '',
        '- `t.py::a`: KeyError: x',
        '',
        'These tests describe how the library should behave. Find the cause in its sources and repair it.',
        'Do not change any test; tests that pass now must still pass.',
      ].join('\n'),
    );
  });

  it('names six, counts the rest, and never shows a frame', () => {
    const text = problemStatement(
      repository,
      Array.from({ length: 9 }, (_, i) => result(`t.py::${i}`)),
    );
    expect(text).toContain('9 tests fail');
    expect(text).toContain('- and 3 more');
    expect(text.match(/^- `/gm)).toHaveLength(6);
    expect(text).not.toContain('secret');
  });

  it('has a word for a test without a message', () => {
    expect(problemStatement(repository, [result('t', null)])).toContain('- `t`: failed');
    expect(problemStatement(repository, [result('t', '')])).toContain('- `t`: failed');
  });
});

describe('testCommand', () => {
  it.each([
    ['pytest', ['t.py::a[x y]', 't.py::b'], "python -m pytest 't.py::a[x y]' 't.py::b'"],
    ['pytest', ["t.py::a[it's]"], "python -m pytest 't.py::a[it'\\''s]'"],
    ['node-test', ['b.js::x', 'a.js::y', 'b.js::z'], 'node --test a.js b.js'],
    ['mocha', ['a.js::y'], 'mocha a.js'],
    ['mocha', ['a $(b).js::y'], "mocha 'a $(b).js'"],
    ['tape', ['b.js::x', 'a.js::y'], 'node a.js && node b.js'],
    ['go-test', ['a_test.go::TestA', 'b/c_test.go::TestB'], "go test -run '^(TestA|TestB)$' ./ ./b"],
  ])('%s', (runner, ids, command) => {
    expect(testCommand(runner, ids)).toBe(command);
  });
});
