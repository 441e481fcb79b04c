import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edit, SuiteRun, TestRunner, WarmSession } from '../../../../pipeline/ports.ts';
import { edit, openRunner, tiny } from './runner-fixture.ts';

const opened = await openRunner();
if ('reason' in opened) console.log(`forged Python results not tested: ${opened.reason}`);

const wall_ms = 30_000;
/** Breaks the total of every basket: two tests fail, unless somebody lies. */
const bug = edit('tally/basket.py', 'cents += self', 'cents -= self');
const honest = 'tests/test_basket.py::test_total';

/** A statement that runs whenever a basket is made, which the first test of the suite does. */
const inInit = (...lines: string[]): Edit =>
  edit('tally/basket.py', 'self._items = {}', [...lines, 'self._items = {}'].join('\n        '));
/** A statement of the module: swapping cannot tell, so a fresh process runs it. */
const whileLoading = (...lines: string[]): Edit =>
  edit('tally/basket.py', 'PRICES = {', [...lines, 'PRICES = {'].join('\n'));

const everyTestPassed = (ids: readonly string[]): string[] => [
  'import json, os',
  `ids = json.loads(${JSON.stringify(JSON.stringify(ids))})`,
  'lie = [{"t": "test", "id": i, "status": "passed", "message": None, "exception": None, "frames": [], "ms": 1} for i in ids]',
  'text = "".join(json.dumps(r) + chr(10) for r in lie + [{"t": "end", "exit": 0}]).encode()',
  'for name in range(3, 64):',
  '    try:',
  '        os.write(name, text)',
  '    except OSError:',
  '        pass',
];

describe.skipIf('reason' in opened)('forged results', () => {
  const { runner } = opened as { runner: TestRunner };
  let session: WarmSession;
  beforeAll(async () => {
    session = await runner.warm(tiny);
  });
  afterAll(() => session.close());

  const both = async (edits: Edit[]): Promise<SuiteRun[]> => [
    await session.suite({ edits, wall_ms, tests: session.test_ids }),
    await runner.cold(tiny, { edits, wall_ms, tests: session.test_ids }),
  ];

  const swallow = [
    'import _pytest.runner as runner',
    'runner.CallInfo.excinfo = property(lambda call: None, lambda call, found: None)',
  ];
  const lies: [what: string, lines: string[]][] = [
    ['failures swallowed by pytest', swallow],
    ['tests that are never called', ['import _pytest.python as python', 'python.Function.runtest = lambda item: None']],
    [
      'reports that never failed',
      ['import _pytest.reports as reports', 'reports.BaseReport.failed = property(lambda report: False)'],
    ],
    [
      'our own reporter replaced',
      [
        'import socratic_pytest.reporting as ours',
        'ours.record_of = lambda i, *_: {"t": "test", "id": i, "status": "passed", "message": None, "exception": None, "frames": [], "ms": 1}',
      ],
    ],
    ['unittest made blind', ['import unittest', 'unittest.TestCase.assertEqual = lambda *_: None']],
  ];

  it.each(lies)(
    '%s: caught warm and cold, at run time and while loading',
    async (_, lines) => {
      for (const place of [inInit, whileLoading])
        for (const run of await both([bug, place(...lines)]))
          expect(run).toMatchObject({ outcome: 'forged', tests: [] });
    },
    120_000,
  );

  it('a report written past pytest, by a process that then leaves', async () => {
    for (const run of await both([bug, inInit(...everyTestPassed(session.test_ids), 'os._exit(0)')]))
      expect(['forged', 'incomplete']).toContain(run.outcome);
  }, 60_000);

  it('a report written past pytest, before the honest one: a failure is never taken back', async () => {
    for (const run of await both([bug, inInit(...everyTestPassed(session.test_ids))]))
      expect(run.tests.find((test) => test.test_id === honest)?.status ?? run.outcome).not.toBe('passed');
  }, 60_000);

  it('the usual hook from inside the module has no hold on our reports', async () => {
    const lines = [
      'import _pytest.reports as reports',
      'old = reports.TestReport.from_item_and_call.__func__',
      'def all_is_well(cls, item, call):',
      '    made = old(cls, item, call)',
      '    made.outcome = "passed"',
      '    return made',
      'reports.TestReport.from_item_and_call = classmethod(all_is_well)',
    ];
    for (const run of await both([bug, whileLoading(...lines)]))
      expect(run.tests.find((test) => test.test_id === honest)?.status).toBe('failed');
  }, 60_000);

  it('leaves no trace in an honest run, failing or not', async () => {
    for (const edits of [[], [bug]])
      for (const run of await both(edits)) {
        expect(run.outcome).toBe('complete');
        expect(run.tests.map((test) => test.test_id)).toEqual(session.test_ids);
      }
  }, 60_000);
});
