import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../pipeline/errors.ts';
import type { Edit, RepositorySnapshot, SuiteRun, TestRunner, WarmSession } from '../../pipeline/ports.ts';

/** A library in the tests' language, and edits of it whose outcome is known. */
export interface RunnerCase {
  repository: RepositorySnapshot;
  runner: TestRunner;
  /** Every test, in the order in which they run. Those of `skipped` are left out by the library itself. */
  ids: readonly string[];
  skipped: readonly string[];
  /** The first test of `failing` to run, and all of them. */
  wrong: { edit: Edit; failing: readonly string[]; message: RegExp; frame: { path: string; line: number } | null };
  /** Undoes `wrong`, on top of it. */
  back: Edit;
  broken: Edit;
  hangs: { edit: Edit; test_id: string };
  exits: Edit;
  /** Lines of one source file that a test executes, and one that it does not; null where coverage is refused. */
  coverage: { test_id: string; path: string; executed: readonly number[]; not_executed: number } | null;
}

const wall_ms = 120_000;

const statuses = ({ tests }: SuiteRun): Record<string, string> =>
  Object.fromEntries(tests.map(({ test_id, status }) => [test_id, status]));

/** Every implementation of TestRunner passes this, cold and in a session. */
export function testRunnerContract(name: string, open: () => Promise<RunnerCase>): void {
  describe(`${name} as a TestRunner`, { timeout: 4 * wall_ms }, () => {
    let given: RunnerCase;
    let session: WarmSession;
    beforeAll(async () => {
      given = await open();
      session = await given.runner.warm(given.repository);
    }, 4 * wall_ms);
    afterAll(() => session?.close());

    const cold = (edits: Edit[], more: object = {}): Promise<SuiteRun> =>
      given.runner.cold(given.repository, { edits, wall_ms, ...more });
    const warm = (edits: Edit[], more: object = {}): Promise<SuiteRun> => session.suite({ edits, wall_ms, ...more });
    const expected = (failing: readonly string[]) =>
      Object.fromEntries(
        given.ids.map((id) => [
          id,
          failing.includes(id) ? 'failed' : given.skipped.includes(id) ? 'skipped' : 'passed',
        ]),
      );

    it('names every test and passes on the pristine tree', async () => {
      expect(session.test_ids).toEqual(given.ids);
      const run = await cold([]);
      expect(run.outcome).toBe('complete');
      expect(run.tests.map(({ test_id }) => test_id)).toEqual(given.ids);
      expect(statuses(run)).toEqual(expected([]));
    });

    it('says which tests an edit breaks, why and where, and the same warm', async () => {
      const { edit, failing, message, frame } = given.wrong;
      const run = await cold([edit]);
      expect(run.outcome).toBe('complete');
      expect(statuses(run)).toEqual(expected(failing));
      const first = run.tests.find(({ test_id }) => test_id === failing[0])!;
      expect(first.message).toMatch(message);
      if (frame) expect(first.frames).toContainEqual(frame);
      expect(statuses(await warm([edit]))).toEqual(statuses(run));
      expect(statuses(await warm([edit, given.back]))).toEqual(expected([]));
    });

    it('runs only what is asked, file by file in that order', async () => {
      const tests = given.ids.filter((id) => !given.skipped.includes(id)).reverse();
      const run = await cold([], { tests });
      expect([run.outcome, run.tests.map(({ test_id }) => test_id)]).toEqual(['complete', tests]);
      const [one] = tests;
      expect(statuses(await warm([], { tests: [one!] }))).toEqual({ [one!]: 'passed' });
    });

    it('stops at the first failure when asked to', async () => {
      const run = await cold([given.wrong.edit], { stop_at_first_failure: true });
      expect(run.outcome).toBe('complete');
      expect(run.tests.at(-1)).toMatchObject({ test_id: given.wrong.failing[0], status: 'failed' });
      expect(run.tests.filter(({ status }) => status === 'failed')).toHaveLength(1);
    });

    it('leaves out what is deselected, and is incomplete when an asked test does not exist', async () => {
      const { repository, ids } = given;
      const less = { ...repository, test: { ...repository.test, deselect: [ids[0]!] } };
      const run = await given.runner.cold(less, { edits: [], wall_ms });
      expect(run.tests.map(({ test_id }) => test_id)).toEqual(ids.slice(1));
      const absent = `${ids[0]!} that is not there`;
      const more = await cold([], { tests: [ids[1]!, absent] });
      expect(more).toMatchObject({ outcome: 'incomplete', detail: expect.stringContaining(absent) });
    });

    it('is broken when it does not compile', async () => {
      expect(await cold([given.broken])).toMatchObject({ outcome: 'broken', tests: [] });
    });

    it('is not taken for a success when it ends the process', async () => {
      const run = await cold([given.exits]);
      const passed = run.tests.filter(({ status }) => status === 'passed');
      expect(passed.length).toBeLessThan(given.ids.length - given.skipped.length);
      const all_passed = run.outcome === 'complete' && run.tests.every(({ status }) => status === 'passed');
      expect(all_passed).toBe(false);
    });

    it('times out when it never returns, and says in which test', async () => {
      const { edit, test_id } = given.hangs;
      const run = await cold([edit], { wall_ms: 30_000 });
      expect(run.outcome).toBe('timeout');
      expect(statuses(run)[test_id]).toBe('timeout');
    });

    it('may only be edited in source files', async () => {
      const path = given.repository.test_paths[0]!;
      const outside: Edit = { path, start: 0, end: 0, replacement: '' };
      await expect(cold([outside])).rejects.toThrow(DataError);
      await expect(
        session.probe({ base: [], candidates: [outside], tests: given.ids, budget_ms: 400 }),
      ).rejects.toThrow(DataError);
    });

    it('answers probes in order', async () => {
      const { wrong, broken, back, ids } = given;
      const tests = [wrong.failing[0]!, ids.find((id) => !wrong.failing.includes(id) && !given.skipped.includes(id))!];
      const alone = await session.probe({ base: [], candidates: [wrong.edit, broken], tests, budget_ms: 400 });
      expect(alone.map(({ outcome }) => outcome)).toEqual(['ran', 'broken']);
      expect(alone[0]!.tests).toMatchObject([{ test_id: tests[0], status: 'failed' }]);
      const [repaired] = await session.probe({ base: [wrong.edit], candidates: [back], tests, budget_ms: 400 });
      expect(repaired!.tests.map(({ status }) => status)).toEqual(['passed', 'passed']);
    });

    it('measures the lines that each test executes, or says that it cannot', async () => {
      if (given.coverage === null) return expect(warm([], { coverage: true })).rejects.toThrow(DataError);
      const { test_id, path, executed, not_executed } = given.coverage;
      const { tests } = await warm([], { coverage: true });
      const lines = tests.find((test) => test.test_id === test_id)!.coverage![path];
      expect(lines).toEqual(expect.arrayContaining([...executed]));
      expect(lines).not.toContain(not_executed);
    });
  });
}
