import { describe, expect, it } from 'vitest';
import { forbiddenPath, reachIn } from '../../../pipeline/gates/edit-policy.ts';
import type { Language } from '../../../pipeline/ports.ts';

describe('forbiddenPath', () => {
  it.each([
    'conftest.py',
    'lib/conftest.py',
    'sitecustomize.py',
    'evil.pth',
    'setup.cfg',
    'pytest.ini',
    'pyproject.toml',
    'tox.ini',
    'package.json',
    '.npmrc',
    '.mocharc.js',
    'jest.config.js',
    'vitest.config.ts',
    'tests/test_basket.py',
    'test/interval.test.js',
    'lib/basket_test.py',
    'lib/__tests__/basket.js',
    'lib/basket.spec.ts',
    'node_modules/tape/index.js',
    '.github/workflow',
    'lib/native.so',
    'go.mod',
    'go.sum',
    'go.work',
    'lib/basket_test.go',
  ])('refuses %s', (path) => {
    expect(forbiddenPath(path)).not.toBeNull();
  });

  it.each(['lib/interval.js', 'src/click/testing.py', 'tally/contest.py', 'lib/mochaccino/latest.js', 'attest.py'])(
    'lets %s pass',
    (path) => {
      expect(forbiddenPath(path)).toBeNull();
    },
  );
});

describe('reachIn', () => {
  it.each<[Language, string]>([
    ['python', 'import pytest'],
    ['python', 'from _pytest import reports'],
    ['python', 'import unittest.mock'],
    ['python', 'import inspect'],
    ['python', 'import gc'],
    ['python', 'sys.modules["tests"]'],
    ['python', 'os._exit(0)'],
    ['python', 'def __eq__(self, other): return True'],
    ['python', '__import__("os")'],
    ['python', 'open("/proc/self/fd/3", "w")'],
    ['python', 'exec(text)'],
    ['javascript', "require('node:test')"],
    ['javascript', "require('tape').Test"],
    ['javascript', "const assert = require('assert')"],
    ['javascript', "import test from 'node:test'"],
    ['javascript', 'process.exit(0)'],
    ['javascript', 'require.cache'],
    ['javascript', 'fs.writeSync(3, text)'],
    ['javascript', "it('passes', () => {})"],
    ['javascript', 'globalThis.describe'],
    ['javascript', 'new Function("return 1")'],
    ['go', 'import "testing"'],
    ['go', 'import t "testing/internal"'],
    ['go', 'import _ "unsafe"'],
    ['go', 'import "C"'],
    ['go', 'os.Exit(0)'],
    ['go', 'os.NewFile(3, "report")'],
    ['go', 'runtime.Callers(0, frames)'],
    ['go', '//go:linkname mainTests main.tests'],
    ['go', '//go:build ignore'],
  ])('%s: sees %s', (language, text) => {
    expect(reachIn('x = 1\n', `x = 1\n${text}\n`, language)).not.toBeNull();
  });

  it.each<[Language, string, string]>([
    ['python', 'import inspect\nx = inspect.isclass(y)\n', 'import inspect\nx = inspect.isclass(z)\n'],
    ['python', 'x = 1\n', 'x = testing(inspected, garbage)\n'],
    ['javascript', 'process.exit(code);\n', 'if (code) process.exit(code);\n'],
    ['javascript', 'x = 1;\n', 'x = submit(latest); iterate();\n'],
    ['go', 'x := 1\n', 'x := runtime.NumCPU() + latest.testing("test")\n'],
  ])('%s: lets %j become %j', (language, before, after) => {
    expect(reachIn(before, after, language)).toBeNull();
  });
});
