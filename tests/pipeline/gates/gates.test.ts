import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Candidate, type Grounds, reasonCodes } from '../../../pipeline/gates/gate.ts';
import { semantics } from '../../../pipeline/gates/semantics.ts';
import { applyEdit } from '../../../pipeline/mutation/edits.ts';
import { unifiedDiff } from '../../../pipeline/mutation/patch.ts';
import type { Edit, Harness, SuiteRun } from '../../../pipeline/ports.ts';
import type { Ground } from '../../../pipeline/tasks/ground.ts';
import { editIn, groundOf, missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';
import { candidateOf, change, groundsOf, patchesOf, plantMisbehaving, verdictOf } from './planted.ts';

const missing = await missingSandbox();
const seen = new Set<string>();

describe.skipIf(missing !== null)('gates over the tiny libraries', () => {
  let world: TinyWorld;
  let python: Ground;
  let javascript: Ground;
  /** A fair bug: one wrong number, three tests notice. */
  let fair: Candidate;
  let grounds: Grounds;

  beforeAll(async () => {
    world = await openTiny({ plant: plantMisbehaving });
    [python, javascript] = [await groundOf(world, 'python'), await groundOf(world, 'javascript')];
    grounds = groundsOf(world, python);
    fair = await candidateOf(world, python, at(python, 'tally/wording.py', 'count == 1', 'count == 2'));
  }, 60_000);
  afterAll(() => world?.close());

  const at = (ground: Ground, path: string, old: string, text: string): Edit => editIn(ground.sources, path, old, text);
  const planted = (path: string, old: string, text: string) => candidateOf(world, python, at(python, path, old, text));
  const expectEnd = async (candidate: Candidate, end: string, over: Grounds = grounds) => {
    const { end: found, verdicts } = await verdictOf(candidate, over);
    expect(`${found}: ${verdicts.at(-1)!.detail}`).toMatch(new RegExp(`^${end}\\b`));
    for (const { reason_code } of verdicts) seen.add(reason_code);
    return verdicts;
  };

  it('lets a fair bug through, with one verdict row per gate', async () => {
    const verdicts = await expectEnd(fair, 'semantics passed');
    expect(verdicts.map((v) => [v.gate_index, v.gate, v.passed])).toEqual([
      [1, 'format', true],
      [2, 'grounding', true],
      [3, 'execution', true],
      [4, 'semantics', true],
    ]);
    expect(verdicts.map((v) => v.run_count)).toEqual([0, 0, 5, 4]);
    expect(new Set(verdicts.map((v) => `${v.task_id} ${v.harness_id}`)).size).toBe(1);
    const executions = verdicts.map(({ evidence }) => JSON.parse(evidence).executions?.length ?? 0);
    expect(executions).toEqual([0, 0, 5, 2]);
  });

  it('lets a fair bug in JavaScript through', async () => {
    const candidate = await candidateOf(
      world,
      javascript,
      at(javascript, 'lib/interval.js', 'value > this.high', 'value >= this.low'),
    );
    await expectEnd(candidate, 'semantics passed', groundsOf(world, javascript));
  });

  describe('format', () => {
    const cases: [end: string, over: () => Parameters<typeof change>[1]][] = [
      ['format empty_statement', () => ({ problem_statement: ' \n' })],
      ['format no_failing_test', () => ({ fail_to_pass: [] })],
      ['format no_passing_test', () => ({ pass_to_pass: [] })],
      ['format malformed_verifier', () => ({ pass_to_pass: [...fair.key.pass_to_pass, fair.key.fail_to_pass[0]!] })],
      ['format malformed_verifier', () => ({ fail_to_pass: [...fair.key.fail_to_pass, fair.key.fail_to_pass[0]!] })],
      ['format patch_does_not_apply', () => ({ bug_patch: 'count is two' })],
      ['format patch_does_not_apply', () => ({ bug_patch: '' })],
      ['format patch_does_not_apply', () => ({ bug_patch: fair.key.bug_patch.replace(' + word', ' - word') })],
      ['format patch_does_not_apply', () => ({ bug_patch: fair.key.bug_patch.replaceAll('wording.py', 'absent.py') })],
      ['format patch_does_not_apply', () => ({ bug_patch: fair.key.bug_patch.replaceAll('tally/', '../tally/') })],
      ['format patch_does_not_apply', () => ({ fix_patch: fair.key.bug_patch })],
      [
        'format patches_not_inverse',
        () => ({ fix_patch: fair.key.fix_patch.replace('+    if count == 1', '+    if count == 3') }),
      ],
    ];
    it.each(cases)('%s', async (end, over) => {
      expect(await expectEnd(change(fair, over()), end)).toHaveLength(1);
    });

    it('refuses a fix that mends more than the bug broke', async () => {
      const extra = at(python, 'tally/basket.py', 'count >= have', 'count > have');
      const before = python.sources.get(extra.path)!;
      const fix_patch = fair.key.fix_patch + unifiedDiff(extra.path, before, applyEdit(before, extra));
      await expectEnd(change(fair, { fix_patch }), 'format patches_not_inverse');
    });

    it('refuses a file that does not parse', async () => {
      const wrong = patchesOf(python, [at(python, 'tally/wording.py', 'if count == 1:', 'if count == == 1:')]);
      await expectEnd(change(fair, wrong), 'format syntax_error');
    });

    it('says of a suite that did not complete why it has no labels', async () => {
      const interrupt = at(
        python,
        'tally/wording.py',
        'if count == 1:',
        'if count == 1:\n        raise KeyboardInterrupt',
      );
      const candidate = await candidateOf(world, python, interrupt);
      expect(candidate.key.fail_to_pass).toEqual([]);
      await expectEnd(candidate, 'format incomplete_run');
    });

    it('refuses to touch what decides which tests run', async () => {
      const hook = fair.key.bug_patch.replaceAll('tally/wording.py', 'tests/conftest.py');
      await expectEnd(change(fair, { bug_patch: hook }), 'format forbidden_path');
    });

    it('refuses an edit that reaches for the test runner', async () => {
      const equal = 'class Same(str):\n        def __eq__(self, other): return True\n    if count == 1:';
      for (const text of ['if __import__("os")._exit(3):', equal])
        await expectEnd(
          change(fair, patchesOf(python, [at(python, 'tally/wording.py', 'if count == 1:', text)])),
          'format reaches_for_runner',
        );
    });

    it('refuses a bug that nothing notices, as proposed', async () => {
      const candidate = await planted(
        'tally/errors.py',
        '"unknown item %r" % self.name',
        '"unknown item %r" % (self.name)',
      );
      expect(candidate.key.fail_to_pass).toEqual([]);
      await expectEnd(candidate, 'format no_failing_test');
    });
  });

  describe('grounding', () => {
    it.each<[end: string, over: () => Parameters<typeof change>[1]]>([
      ['grounding unknown_file', () => ({ path: 'tally/absent.py' })],
      ['grounding unknown_file', () => ({ path: 'tally/basket.py' })],
      ['grounding unknown_function', () => ({ symbol: 'plurals' })],
      ['grounding unknown_test', () => ({ failing_tests: ['tests/test_wording.py::test_absent'] })],
      [
        'grounding unknown_test',
        () => ({ pass_to_pass: [...fair.key.pass_to_pass, 'tests/test_wording.py::test_skipped'] }),
      ],
    ])('%s', async (end, over) => {
      expect(await expectEnd(change(fair, over()), end)).toHaveLength(2);
    });
  });

  describe('execution', () => {
    it('refuses a test that flips by chance, and stops at the first disagreement', async () => {
      const candidate = await planted('tally/wording.py', 'while start > 0', 'while start > 1');
      const verdicts = await expectEnd(candidate, 'execution unstable_test');
      expect(verdicts).toHaveLength(3);
      expect(verdicts[2]!.run_count).toBe(2);
      expect(verdicts[2]!.detail).toMatch(/test_by_chance\[\d+\]/);
    });

    it('refuses a test that flips with time', async () => {
      const bug = at(javascript, 'lib/duration.js', 'milliseconds === 0', 'milliseconds === 1');
      await expectEnd(
        await candidateOf(world, javascript, bug),
        'execution unstable_test',
        groundsOf(world, javascript),
      );
    });

    it('refuses a test that depends on what ran before it', async () => {
      const bug = await planted('tally/basket.py', '"bread": 250', '"bread": 250, "apple": 31');
      const verdicts = await expectEnd(bug, 'execution unstable_test');
      expect(verdicts.at(-1)!.detail).toMatch(/test_by_order\[\d\]/);
    });

    it('refuses a bug that hangs', async () => {
      const short = { ...grounds, settings: { ...grounds.settings, suite_wall_ms: 2500 } };
      const over = patchesOf(python, [at(python, 'tally/wording.py', 'start -= 1', 'start -= 0')]);
      const verdicts = await expectEnd(change(fair, over), 'execution timeout', short);
      expect(verdicts[2]!.run_count).toBe(1);
    }, 60_000);

    it('refuses a tree whose tests cannot be collected', async () => {
      const over = patchesOf(python, [
        at(python, 'tally/wording.py', 'SQUARES = squares(12)', 'SQUARES = squares(twelve)'),
      ]);
      await expectEnd(change(fair, over), 'execution broken_tree');
    });

    it('refuses a tree that ends the process', async () => {
      const interrupt = 'if count == 1:\n        raise KeyboardInterrupt';
      const leave = at(python, 'tally/wording.py', 'if count == 1:', interrupt);
      await expectEnd(change(fair, patchesOf(python, [leave])), 'execution incomplete_run');
    });

    it('believes nothing of a run whose canary passes', async () => {
      const hidden = [
        'import sys',
        'loaded = getattr(sys, "mod" + "ules")',
        'loaded["_py" + "test.python"].Function.runtest = lambda item: None',
        'if count == 2:',
      ].join('\n    ');
      const over = patchesOf(python, [at(python, 'tally/wording.py', 'if count == 1:', hidden)]);
      await expectEnd(change(fair, over), 'execution forged_result');
    });

    it('refuses what can only be tried in a fresh process', async () => {
      await expectEnd(fair, 'execution cold_only', {
        ...grounds,
        isTryable: async ({ symbol }) => symbol !== 'plural',
      });
      await expectEnd(fair, 'semantics passed', { ...grounds, isTryable: async () => true });
    });

    it('reruns only what the bug can touch, and always what it fails', async () => {
      const asked: string[][] = [];
      const harness = listening(world.harness, (tests) => asked.push(tests));
      const touched = fair.key.pass_to_pass[0]!;
      await expectEnd(fair, 'semantics passed', { ...grounds, harness, affectedTests: () => [touched] });
      const [first, ...reruns] = asked.slice(0, 5);
      expect(first).toEqual(grounds.baseline_tests);
      for (const tests of reruns) expect([...tests].sort()).toEqual([touched, ...fair.key.fail_to_pass].sort());
    });

    it('records what the infrastructure did, and judges nothing by it', async () => {
      const verdicts = await expectEnd(fair, 'execution infrastructure_error', {
        ...grounds,
        harness: failing(world.harness, () => true),
      });
      expect(verdicts[2]!.passed).toBe(false);
      for (const from of [5, 6, 7]) {
        const later = { ...grounds, harness: failing(world.harness, (call) => call >= from) };
        expect((await verdictOf(fair, later)).end, `from call ${from}`).toBe('semantics infrastructure_error');
      }
    });
  });

  describe('semantics', () => {
    it('refuses a test that is said to fail and passes', async () => {
      const [moved, ...rest] = fair.key.pass_to_pass;
      await expectEnd(
        change(fair, { fail_to_pass: [...fair.key.fail_to_pass, moved!], pass_to_pass: rest }),
        'semantics labels_differ',
      );
    });

    it('refuses a failing test that is not said to fail', async () => {
      const broad = await planted('tally/wording.py', 'count == 1', 'count == 3');
      expect(broad.key.fail_to_pass.length).toBeGreaterThan(0);
      const [kept] = fair.key.pass_to_pass;
      const over = { fail_to_pass: [kept!], pass_to_pass: fair.key.pass_to_pass.slice(1) };
      await expectEnd(change(broad, over), 'semantics labels_differ');
    });

    it('refuses a bug that breaks too much', async () => {
      const wide = await planted('tally/basket.py', 'self._items = {}', 'self._items = None');
      expect(wide.key.fail_to_pass.length).toBeGreaterThan(10);
      const strict = { ...grounds, settings: { ...grounds.settings, most_failing: 1 } };
      await expectEnd(wide, 'semantics too_many_failures', strict);
    });

    it('refuses a test that does not pass on the clean tree either', async () => {
      const skipped = 'tests/test_wording.py::test_skipped';
      const wider = { ...grounds, baseline_tests: [...grounds.baseline_tests, skipped] };
      await expectEnd(
        change(fair, { fail_to_pass: [...fair.key.fail_to_pass, skipped] }),
        'semantics clean_tree_fails',
        wider,
      );
    });

    it('refuses a fix that leaves the bug in place', async () => {
      const broken = applyEdit(
        python.sources.get('tally/wording.py')!,
        at(python, 'tally/wording.py', 'count == 1', 'count == 2'),
      );
      const fix_patch = unifiedDiff(
        'tally/wording.py',
        broken,
        broken.replace('number % 100 <= 20', '20 >= number % 100'),
      );
      const result = await semantics.judge(change(fair, { fix_patch }), grounds);
      expect(result).toMatchObject({ passed: false, reason_code: 'fix_does_not_repair' });
      seen.add(result.reason_code);
    });

    it('refuses a second edit that no failing test feels', async () => {
      const idle = at(python, 'tally/errors.py', 'self.known = sorted(known)', 'self.known = sorted(set(known))');
      const bugs = [at(python, 'tally/wording.py', 'count == 1', 'count == 2'), idle];
      const verdicts = await expectEnd(change(fair, patchesOf(python, bugs)), 'semantics revert_changes_nothing');
      expect(verdicts.at(-1)!.detail).toBe('tally/errors.py');
    });

    it('refuses a statement that shows the fix', async () => {
      const problem_statement = `${fair.task.problem_statement}\nHint: the canary is ${fair.key.canary}.`;
      await expectEnd(change(fair, { problem_statement }), 'semantics statement_leaks_fix');
    });
  });

  it('has been shown every reason code', () => {
    expect(Object.keys(reasonCodes).filter((code) => !seen.has(code))).toEqual([]);
  });
});

/** The real harness, but for calls that the infrastructure is made to break. */
function failing(harness: Harness, breaks: (call: number) => boolean): Harness {
  let calls = 0;
  const broken: SuiteRun = { outcome: 'infrastructure_error', detail: 'no process', tests: [], wall_ms: 0 };
  return {
    id: harness.id,
    executions: harness.executions,
    suite: async (id, request) => (breaks(calls++) ? broken : harness.suite(id, request)),
    cold: (id, request) => harness.cold(id, request),
    probe: (id, request) => harness.probe(id, request),
    executionOf: (id, request) => harness.executionOf(id, request),
  };
}

/** The real harness, overheard. */
const listening = (harness: Harness, hear: (tests: string[]) => void): Harness => ({
  id: harness.id,
  executions: harness.executions,
  suite: (id, request) => {
    hear([...(request.tests ?? [])]);
    return harness.suite(id, request);
  },
  cold: (id, request) => harness.cold(id, request),
  probe: (id, request) => harness.probe(id, request),
  executionOf: (id, request) => harness.executionOf(id, request),
});
