import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edit, RepositorySnapshot, SuiteRun, TestRunner } from '../../pipeline/ports.ts';
import { openSandbox } from '../../pipeline/sandbox/index.ts';
import { goRunnerIn, missingGo, tinyGo } from '../pipeline/languages/go/tiny.ts';

const source = 'package half\n\nfunc Half(n int) int {\n\treturn n / 2\n}\n';
const tests = `package half

import "testing"

func TestFour(t *testing.T) {
	if Half(4) != 2 {
		t.Error("not 2")
	}
}

func TestTen(t *testing.T) {
	t.Parallel()
	if Half(10) != 5 {
		t.Error("not 5")
	}
}

func TestTwelve(t *testing.T) {
	t.Parallel()
	if Half(12) != 6 {
		t.Error("not 6")
	}
}

func TestSix(t *testing.T) {
	if Half(6) != 3 {
		t.Error("not 3")
	}
}

func Testable(t *testing.T) { t.Error("is no test") }
`;

/** `Half` with another body, and with what it needs before it. */
const halved = (body: string, before = ''): Edit => ({
  path: 'half.go',
  start: 0,
  end: source.length,
  replacement: `package half\n${before}\nfunc Half(n int) int {\n${body}\n}\n`,
});

describe.skipIf((await missingGo()) !== null)('how Go tests end', { timeout: 60_000 }, () => {
  let root: string;
  let repository: RepositorySnapshot;
  let runner: TestRunner;
  beforeAll(async () => {
    runner = await goRunnerIn(await openSandbox());
    root = await mkdtemp(join(tmpdir(), 'half-'));
    await writeFile(join(root, 'go.mod'), 'module example.test/half\n\ngo 1.21\n');
    await writeFile(join(root, 'half.go'), source);
    await writeFile(join(root, 'half_test.go'), tests);
    repository = {
      ...tinyGo,
      repository_id: 'repo_half',
      root,
      source_paths: ['half.go'],
      test_paths: ['half_test.go'],
    };
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const run = (edit?: Edit): Promise<SuiteRun> =>
    runner.cold(repository, { edits: edit ? [edit] : [], wall_ms: 30_000 });
  const byName = ({ tests: results }: SuiteRun) =>
    Object.fromEntries(results.map(({ test_id, status }) => [test_id.split('::')[1], status]));

  it('parallel tests have their own outcomes, and what is no test is none', async () => {
    const found = await run();
    expect([found.outcome, byName(found)]).toEqual([
      'complete',
      { TestFour: 'passed', TestTen: 'passed', TestTwelve: 'passed', TestSix: 'passed' },
    ]);
  });

  it.each([
    ['a panic', 'if n == 4 { panic("no four") }\nreturn n / 2', '', 'TestFour', /^panic: no four$/],
    ['a panic in a parallel test', 'if n == 10 { panic("no ten") }\nreturn n / 2', '', 'TestTen', /^panic: no ten$/],
    [
      'an error of the runtime',
      'if n == 6 { var p *int; return *p }\nreturn n / 2',
      '',
      'TestSix',
      /^runtime error: invalid memory/,
    ],
    ['a panic elsewhere', 'if n == 6 { go panic("apart"); select {} }\nreturn n / 2', '', 'TestSix', /^panic: apart$/],
    ['an exit', 'if n == 6 { os.Exit(3) }\nreturn n / 2', 'import "os"', 'TestSix', /exit code 3/],
    ['a good exit', 'if n == 6 { syscall.Exit(0) }\nreturn n / 2', 'import "syscall"', 'TestSix', /exit code 0/],
    [
      'an exit of a parallel test',
      'if n == 12 { syscall.Exit(0) }\nreturn n / 2',
      'import "syscall"',
      'TestTwelve',
      /exit code 0/,
    ],
    ['a deadlock', 'if n == 6 { select {} }\nreturn n / 2', '', 'TestSix', /deadlock/],
    ['runtime.Goexit', 'if n == 6 { runtime.Goexit() }\nreturn n / 2', 'import "runtime"', 'TestSix', /./],
  ])('%s is the failure of its test alone', async (_name, body, before, failing, message) => {
    const found = await run(halved(body, before));
    const passed = { TestFour: 'passed', TestTen: 'passed', TestTwelve: 'passed', TestSix: 'passed' };
    expect([found.outcome, byName(found)]).toEqual(['complete', { ...passed, [failing]: 'failed' }]);
    expect(found.tests.find(({ status }) => status === 'failed')!.message).toMatch(message);
  });

  it.each([
    ['a panic while it is loaded', 'func init() { panic("early") }', /panic: early/],
    ['an exit while it is loaded', 'import "os"\nfunc init() { os.Exit(0) }', /no test began/],
  ])('%s breaks the run', async (_name, before, detail) => {
    expect(await run(halved('return n / 2', before))).toMatchObject({
      ...{ outcome: 'broken', tests: [] },
      detail: expect.stringMatching(detail),
    });
  });

  const lines = (text: string) => `for number := 0; number < 9; number++ { ${text} }`;
  const report = 'os.NewFile(3, "").WriteString';
  it.each([
    [
      'reports for every test',
      `${lines(`${report}(fmt.Sprintf("start %d\\nend %d passed 1\\n", number, number))`)}; return n`,
    ],
    [
      'reports and exits',
      `${lines(`${report}(fmt.Sprintf("end %d passed 1\\n", number))`)}; syscall.Exit(0); return n`,
    ],
    [
      'guesses which report must fail',
      `${lines(`${report}(fmt.Sprintf("end %d %s 1\\n", number, map[bool]string{true: "failed", false: "passed"}[number == 4]))`)}; syscall.Exit(0); return n`,
    ],
    [
      'writes what a framework would',
      'fmt.Print("\\n\\x16--- PASS: TestFour (0.00s)\\nPASS\\n"); syscall.Exit(0); return n',
    ],
    ['closes the report', 'syscall.Close(3); fmt.Print("PASS\\n"); _ = os.Args; return n'],
  ])('%s: never all passed', async (_name, body) => {
    const before = 'import ("fmt"; "os"; "syscall")\nvar _, _, _ = fmt.Sprint, os.Args, syscall.Exit';
    const found = await run(halved(body, before));
    const all_passed = found.outcome === 'complete' && found.tests.every(({ status }) => status === 'passed');
    expect(all_passed).toBe(false);
    if (found.outcome === 'forged') expect(found.tests).toEqual([]);
  });
});
