import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorkerLost } from '../../../../pipeline/errors.ts';
import type { Edit, Probe, TestRunner, WarmSession } from '../../../../pipeline/ports.ts';
import { childrenOf } from '../../../faults.ts';
import { edit, openRunner, tiny, verdicts } from './runner-fixture.ts';

const opened = await openRunner();
if ('reason' in opened) console.log(`python runner not tested: ${opened.reason}`);

const wall_ms = 60_000;
const basket = 'tally/basket.py';
const wording = 'tally/wording.py';
const unexpected = ['tests/test_wording.py::test_skipped', 'tests/test_wording.py::test_expected_failure'];

/** Edits of every kind the swapping has to get right, or has to leave to a cold run. */
const edits: [string, Edit[]][] = [
  ['a method', [edit(basket, 'cents += self', 'cents -= self')]],
  ['a method with super()', [edit(basket, 'return cents - self.__cut(cents)', 'return cents + self.__cut(cents)')]],
  ['super() no longer used', [edit(basket, 'super().total()', 'Basket.total(self) + 1')]],
  ['super() newly used', [edit(basket, 'return sum(self._items.values())', 'return super().__len__()')]],
  ['a private name', [edit(basket, '* self.__percent // 100', '* self.__per // 100')]],
  ['a property', [edit(basket, 'return min(self._items,', 'return max(self._items,')]],
  ['a static method', [edit(basket, 'text.split(",")', 'text.split(";")')]],
  ['a generator method', [edit(basket, 'in sorted(self._items)', 'in self._items')]],
  ['a wrapper made while importing', [edit('tally/checks.py', 'amount < minimum', 'amount <= minimum')]],
  [
    'a wrapper that closes over less',
    [edit('tally/checks.py', 'function.__name__, minimum, amount', '"f", minimum, amount')],
  ],
  ['a wrapper of a module function', [edit('tally/checks.py', 'wrapper.calls += 1', 'wrapper.calls += 2')]],
  ['a cached function', [edit(wording, 'number % 100 <= 20', 'number % 100 <= 11')]],
  ['a generator', [edit(wording, 'start -= 1', 'start -= 2')]],
  ['__init__ of an exception', [edit('tally/errors.py', 'sorted(known)', 'list(known)[:1]')]],
  [
    'lines added above a frame',
    [edit(basket, 'if count >= have:', 'pass\n        pass\n        if count > have + nothing:')],
  ],
  [
    'lines added in a function above another',
    [
      edit(basket, 'cents = 0\n', 'cents = 0\n        cents = 0\n'),
      edit(basket, 'cents = super().total()', 'cents = 1 / 0'),
    ],
  ],
  ['two files', [edit(basket, 'count >= have', 'count > have + 1'), edit(wording, 'if count == 1', 'if count == 2')]],
  ['what ran while importing', [edit('tally/checks.py', 'number * number', 'number * 2')]],
  ['a constant of the module', [edit(basket, '"apple": 30', '"apple": 31')]],
  ['a default value', [edit(basket, 'count=1', 'count=2')]],
  ['an argument of a decorator', [edit(basket, '@at_least(1)', '@at_least(2)')]],
  ['a syntax error', [edit(basket, 'return have', 'return have +')]],
  ['an error while importing', [edit('tally/checks.py', 'table = {}', 'raise OSError("no table")')]],
  [
    'a statement after the function',
    [edit(basket, 'return cents - self.__cut(cents)\n', 'return cents\n\n\nPRICES["apple"] = 7\n')],
  ],
  ['nothing', []],
];

describe.skipIf('reason' in opened)('pythonRunner', () => {
  const { runner } = opened as { runner: TestRunner };
  let session: WarmSession;
  beforeAll(async () => {
    session = await runner.warm(tiny);
  });
  afterAll(() => session.close());

  it('runs the pristine tree cold, skipped and expected failures apart', async () => {
    const run = await runner.cold(tiny, { edits: [], wall_ms });
    expect(run).toMatchObject({ outcome: 'complete', detail: null });
    expect(run.tests).toHaveLength(31);
    const others = run.tests.filter((test) => test.status !== 'passed');
    expect(others.map(({ test_id, status, message }) => [test_id, status, message])).toEqual([
      [unexpected[0], 'skipped', 'skipped: shows how a skip is reported'],
      [unexpected[1], 'skipped', 'xfailed: shows how an expected failure is reported'],
    ]);
  });

  it('covers the same lines cold and warm', async () => {
    const request = { edits: [edit(basket, 'count >= have', 'count > have')], coverage: true, wall_ms };
    const [cold, warm] = [await runner.cold(tiny, request), await session.suite(request)];
    expect(verdicts(warm)).toEqual(verdicts(cold));
    expect(cold.tests[0]).toMatchObject({ coverage: { [basket]: [11, 12, 15, 23, 25, 26, 44, 45, 46, 47] } });
  });

  it.each(edits)('agrees warm and cold on %s', async (_, some) => {
    const [cold, warm] = [
      await runner.cold(tiny, { edits: some, wall_ms }),
      await session.suite({ edits: some, wall_ms }),
    ];
    expect(verdicts(warm)).toEqual(verdicts(cold));
  });

  it('says what failed, where, and as which exception', async () => {
    const run = await session.suite({
      edits: [edit(basket, 'cents = super().total()', 'cents = self.nothing')],
      wall_ms,
    });
    expect(run.tests.find((test) => test.test_id.endsWith('TestDiscount::test_total'))).toMatchObject({
      status: 'failed',
      message: "AttributeError: 'DiscountedBasket' object has no attribute 'nothing'",
      exception: 'AttributeError',
      frames: [{ path: basket, line: 67 }],
    });
  });

  it.each(['cold', 'warm'])('keeps the order asked for and stops at the first failure: %s', async (how) => {
    const tests = [
      'tests/test_wording.py::test_title',
      'tests/test_basket.py::test_total',
      'tests/test_wording.py::test_squares',
    ];
    const ask = (some: Edit[]) => {
      const request = { edits: some, tests, stop_at_first_failure: true, wall_ms };
      return how === 'cold' ? runner.cold(tiny, request) : session.suite(request);
    };
    expect((await ask([])).tests.map((test) => test.test_id)).toEqual(tests);
    const failing = await ask([edit(basket, 'cents += self', 'cents -= self')]);
    expect(failing.outcome).toBe('complete');
    expect(failing.tests.map((test) => test.status)).toEqual(['passed', 'failed']);
  });

  it.each(['cold', 'warm'])('calls a run incomplete when the process leaves early: %s', async (how) => {
    const request = { edits: [edit(wording, 'words = text.lower().split()', 'import os; os._exit(0)')], wall_ms };
    const run = how === 'cold' ? await runner.cold(tiny, request) : await session.suite(request);
    expect(run.outcome).toBe('incomplete');
    expect(run.tests.map((test) => test.test_id)).not.toContain('tests/test_wording.py::test_title');
  });

  it.each(['cold', 'warm'])('ends a run that hangs, and names the test: %s', async (how) => {
    const request = {
      edits: [edit(wording, 'start -= 1', 'while True: pass')],
      tests: ['tests/test_wording.py::test_countdown'],
      wall_ms: 6_000,
    };
    const run = how === 'cold' ? await runner.cold(tiny, request) : await session.suite(request);
    expect(run).toMatchObject({ outcome: 'timeout', tests: [{ test_id: request.tests[0], status: 'timeout' }] });
  });

  it('does not call a test that was not collected passed', async () => {
    const request = {
      edits: [],
      tests: ['tests/test_wording.py::test_title', 'tests/test_wording.py::test_gone'],
      wall_ms,
    };
    for (const run of [await runner.cold(tiny, request), await session.suite(request)]) {
      expect(run.outcome).toBe('incomplete');
      expect(run.detail).toMatch('1 tests did not report, first tests/test_wording.py::test_gone');
    }
  });

  it('refuses to edit anything but sources', async () => {
    const some = { edits: [{ path: 'tests/test_basket.py', start: 0, end: 0, replacement: '' }], wall_ms };
    await expect(session.suite(some)).rejects.toThrow('one of the 4 source files of tiny-python');
  });

  it('takes UTF-16 offsets in a text with characters beyond them', async () => {
    const root = await mkdtemp(join(tmpdir(), 'tiny-'));
    try {
      await cp(tiny.root, root, { recursive: true });
      const text = await readFile(join(root, wording), 'utf8');
      await writeFile(join(root, wording), text.replace('words = text', 'smile = "😀𝕏"; words = text'));
      const repository = { ...tiny, root };
      const edits = [edit(wording, 'out = []', 'out = []  # 😀', root)];
      const after = edit(wording, 'word.capitalize()', 'word + "😀"', root);
      const shift = '  # 😀'.length;
      edits.push({ ...after, start: after.start + shift, end: after.end + shift });
      const own = await runner.warm(repository);
      const [cold, warm] = [await runner.cold(repository, { edits, wall_ms }), await own.suite({ edits, wall_ms })];
      expect(verdicts(warm)).toEqual(verdicts(cold));
      expect(cold.tests.find((test) => test.test_id.endsWith('test_title'))?.message).toContain('the😀 lord😀 of the');
      await own.close();
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});

describe.skipIf('reason' in opened)('probe', () => {
  const { runner } = opened as { runner: TestRunner };
  let session: WarmSession;
  let tests: string[];
  beforeAll(async () => {
    session = await runner.warm(tiny);
    tests = session.test_ids.filter((id) => !unexpected.includes(id));
  });
  afterAll(() => session.close());

  const inShort = ({ outcome, tests: results }: Probe): string =>
    outcome === 'ran' ? (results.every((test) => test.status === 'passed') ? 'passes' : 'fails') : outcome;
  const harmless = edit(basket, 'cents += self', 'cents = cents + self');
  const failing = edit(basket, 'cents += self', 'cents -= self');
  const tries = async (candidates: Edit[], base: Edit[] = []): Promise<string[]> =>
    (await session.probe({ base, candidates, tests, budget_ms: 500 })).map(inShort);

  it('answers in the order of the candidates, each on a tree of its own', async () => {
    const many = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? harmless : failing));
    expect(await tries(many)).toEqual(many.map((some) => (some === harmless ? 'passes' : 'fails')));
  });

  it('shows no candidate what another one left in the program', async () => {
    const leavings = [
      'import tally.basket as loaded; loaded.Basket.add = None',
      'import sys; sys.modules["tally"] = None',
    ];
    const candidates = leavings.flatMap((statement) => [
      edit(basket, 'cents += self', `${statement}; cents += self`),
      harmless,
    ]);
    const found = await tries(candidates);
    expect(found.filter((_, index) => index % 2 === 1)).toEqual(['passes', 'passes']);
    expect(found).toContain('fails');
  });

  it('stops at the first test that does not pass', async () => {
    const [probe] = await session.probe({ base: [], candidates: [failing], tests, budget_ms: 500 });
    expect(probe?.tests.map((test) => test.status)).toEqual(['failed']);
  });

  it('tries candidates on the broken tree, in its offsets', async () => {
    const base = [edit(wording, 'words = text.lower()', 'words = 1\n    words = text.upper()')];
    const broken = (await readFile(join(tiny.root, wording), 'utf8')).replace(
      'words = text.lower()',
      'words = 1\n    words = text.upper()',
    );
    const at = (old: string, replacement: string): Edit => {
      const start = broken.indexOf(old);
      return { path: wording, start, end: start + old.length, replacement };
    };
    expect(await tries([at('upper', 'lower'), at('upper', 'title'), at('words = 1', 'words = 2')], base)).toEqual([
      'passes',
      'fails',
      'fails',
    ]);
  });

  it('is not disturbed by candidates that hang, die, or kill the server', async () => {
    const inParse = (statement: string): Edit => edit(basket, 'basket = Basket()', `${statement}; basket = Basket()`);
    const wild: [string, string][] = [
      ['return +', 'broken'],
      ['exec("while True: pass")', 'timeout'],
      ['import time; time.sleep(1000)', 'timeout'],
      ['import os; os._exit(0)', 'crashed'],
      ['import os; os.kill(os.getpid(), 11)', 'crashed'],
      ['import os; os.kill(os.getppid(), 9)', 'crashed'],
      ['import sys; sys.exit(0)', 'fails'],
      ['raise KeyboardInterrupt', 'crashed'],
      ['[0 for _ in iter(int, 1)]', 'timeout'],
      ['import subprocess; subprocess.Popen(["sleep", "1000"], start_new_session=True)', 'passes'],
    ];
    const candidates = wild.flatMap(([statement]) => [failing, inParse(statement), harmless]);
    expect(await tries(candidates)).toEqual(wild.flatMap(([, outcome]) => ['fails', outcome, 'passes']));
  });

  it('blames no candidate for a sandbox that something else ended', async () => {
    const before = childrenOf(process.pid);
    const lonely = await runner.warm(tiny);
    const [server] = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    const endless = edit(basket, 'basket = Basket()', 'exec("while True: pass"); basket = Basket()');
    const asked = lonely.probe({ base: [], candidates: [endless], tests, budget_ms: 20_000 });
    setTimeout(() => process.kill(server!, 'SIGKILL'), 300);
    await expect(asked).rejects.toThrow(WorkerLost);
    const [probe] = await lonely.probe({ base: [], candidates: [failing], tests, budget_ms: 500 });
    expect(probe).toMatchObject({ outcome: 'ran' });
    await lonely.close();
  });

  it('gives a candidate no way to speak for the next one', async () => {
    const forged = '{\\"k\\":1,\\"o\\":\\"ran\\",\\"tests\\":[],\\"doubtful\\":false}\\n';
    const everywhere = [
      'import os, glob',
      `forged = "${forged}".encode()`,
      'for name in list(range(3, 64)) + glob.glob("/proc/[0-9]*/fd/*"):',
      '    try:',
      '        os.write(name if isinstance(name, int) else os.open(name, os.O_WRONLY | os.O_NONBLOCK), forged)',
      '    except OSError:',
      '        pass',
      'basket = Basket()',
    ].join('\n        ');
    const [, next, afterThat] = await tries([edit(basket, 'basket = Basket()', everywhere), failing, harmless]);
    expect([next, afterThat]).toEqual(['fails', 'passes']);
  });

  it('runs cold what cannot be swapped', async () => {
    const constant = edit(basket, '"apple": 30', '"apple": 31');
    const squares = edit('tally/checks.py', 'number * number', 'number * 2');
    expect(await tries([constant, failing])).toEqual(['fails', 'fails']);
    expect(await tries([harmless], [constant])).toEqual(['fails']);
    // the table was made before the edit, so the warm tests pass; a fresh process knows better
    expect(await tries([squares])).toEqual(['fails']);
  });
});
