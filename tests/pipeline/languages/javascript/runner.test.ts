import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../../../pipeline/errors.ts';
import { javascriptRunner } from '../../../../pipeline/languages/javascript/runner/index.ts';
import type { Edit, SuiteRun, TestRunner, WarmSession } from '../../../../pipeline/ports.ts';
import { openSandbox } from '../../../../pipeline/sandbox/index.ts';
import { edit, node, textOf, tiny } from './tiny.ts';

const sandbox = await openSandbox().catch((error: unknown) => {
  if (!(error instanceof DataError)) throw error;
  console.log(`JavaScript runner not tested: ${error.message}`);
  return null;
});

const wall_ms = 20_000;
const statuses = (run: SuiteRun): Record<string, string> =>
  Object.fromEntries(run.tests.map((test) => [test.test_id, test.status]));
/** A result without what may differ from run to run. */
const stable = ({ outcome, tests }: SuiteRun) => ({ outcome, tests: tests.map(({ duration_ms: _, ...test }) => test) });

const linesOf = (...texts: string[]): number[] => {
  const lines = textOf('lib/interval.js').split('\n');
  return texts.map((text) => lines.findIndex((line) => line.includes(text)) + 1);
};

const contains = edit('lib/interval.js', 'value >= this.low', 'value > this.low');
const takesBothEnds = 'test/interval.test.js::Interval > contains > takes both ends';
const hang = edit('lib/interval.js', 'const out = [];', 'for (;;) {}');
const exits = edit('lib/interval.js', 'const out = [];', 'process.exit(0);');
const unreadable = edit('lib/interval.js', 'const out = [];', 'const out = [;');

describe.skipIf(!sandbox)('javascriptRunner', () => {
  let runner: TestRunner;
  let session: WarmSession;

  beforeAll(async () => {
    runner = javascriptRunner({ sandbox: sandbox!, node, node_modules: null });
    session = await runner.warm(tiny);
  });

  afterAll(() => session?.close());

  const cold = (edits: Edit[], more: object = {}): Promise<SuiteRun> => runner.cold(tiny, { edits, wall_ms, ...more });
  const warm = (edits: Edit[], more: object = {}): Promise<SuiteRun> => session.suite({ edits, wall_ms, ...more });
  const probe = (candidates: Edit[], tests = session.test_ids, base: Edit[] = []) =>
    session.probe({ base, candidates, tests, budget_ms: 400 });

  describe('a suite', () => {
    it('names every test, the repeated ones too, and passes on the pristine tree', async () => {
      const run = await cold([]);
      expect(run.outcome).toBe('complete');
      expect(run.tests.map(({ test_id }) => test_id)).toEqual(session.test_ids);
      expect(session.test_ids).toHaveLength(30);
      expect(session.test_ids).toContain('test/duration.test.js::parse#4');
      expect(session.test_ids).toContain('test/interval.test.js::merged > joins chains');
      expect(new Set(Object.values(statuses(run)))).toEqual(new Set(['passed']));
    });

    it('says the same cold and warm about an edit, and twice', async () => {
      const [first, second, judge] = [await warm([contains]), await warm([contains]), await cold([contains])];
      expect(stable(second)).toEqual(stable(first));
      expect(stable(first)).toEqual(stable(judge));
      expect(statuses(first)[takesBothEnds]).toBe('failed');
    });

    it('applies edits one after the other', async () => {
      const back: Edit = { ...contains, end: contains.end - 1, replacement: 'value >= this.low' };
      expect(stable(await warm([contains, back]))).toEqual(stable(await warm([])));
    });

    it('tells type, message and frames of a failure', async () => {
      const { tests } = await warm([edit('lib/interval.js', 'return this.high - this.low', 'return null.text')]);
      expect(tests.find(({ status }) => status === 'failed')).toMatchObject({
        test_id: 'test/interval.test.js::Interval > has a length',
        exception: 'TypeError',
        message: "TypeError: Cannot read properties of null (reading 'text')",
        frames: [{ path: 'lib/interval.js', line: 14 }],
      });
    });

    it('runs only what is asked, in that order', async () => {
      const tests = [...session.test_ids].filter((id) => id.includes('::parse')).reverse();
      for (const run of [await warm([], { tests }), await cold([], { tests })]) {
        expect(run.outcome).toBe('complete');
        expect(run.tests.map(({ test_id }) => test_id)).toEqual(tests);
      }
    });

    it('stops at the first failure when asked to', async () => {
      for (const run of [
        await warm([contains], { stop_at_first_failure: true }),
        await cold([contains], { stop_at_first_failure: true }),
      ]) {
        expect(run.tests.at(-1)).toMatchObject({ test_id: takesBothEnds, status: 'failed' });
        expect(run.tests.filter(({ status }) => status === 'failed')).toHaveLength(1);
      }
    });

    it('is incomplete when an asked test does not exist', async () => {
      const tests = ['test/cache.test.js::no such test'];
      expect(await warm([], { tests })).toMatchObject({ outcome: 'incomplete', tests: [] });
      expect(await cold([], { tests })).toMatchObject({ outcome: 'incomplete', tests: [] });
    });

    it('leaves out what is deselected', async () => {
      const [left_out, ...kept] = session.test_ids;
      const run = await runner.cold({ ...tiny, test: { ...tiny.test, deselect: [left_out!] } }, { edits: [], wall_ms });
      expect(run.tests.map(({ test_id }) => test_id)).toEqual(kept);
    });
  });

  describe('code that misbehaves', () => {
    it('is broken when it does not compile or load', async () => {
      const throws = edit('lib/interval.js', "'use strict';", "throw new Error('at load');");
      for (const bad of [unreadable, throws]) {
        expect(await cold([bad])).toMatchObject({ outcome: 'broken', tests: [] });
        expect(await warm([bad])).toMatchObject({ outcome: 'broken', tests: [] });
      }
    });

    it('is not taken for a success when it ends the process', async () => {
      for (const run of [await cold([exits]), await warm([exits])]) {
        expect(run.outcome).toBe('incomplete');
        expect(statuses(run)).not.toHaveProperty(['test/interval.test.js::merged > sorts']);
      }
    });

    it('times out when it never returns, and keeps what was reported before', async () => {
      for (const run of [await cold([hang], { wall_ms: 1500 }), await warm([hang], { wall_ms: 1500 })]) {
        expect(run.outcome).toBe('timeout');
        expect(statuses(run)['test/interval.test.js::merged > sorts']).toBe('timeout');
        expect(statuses(run)[takesBothEnds]).toBe('passed');
      }
    });

    it('fails when nothing is left to wait for', async () => {
      const waits = edit('lib/cache.js', 'return running;', 'return new Promise(() => {});');
      const [judge, run] = [await cold([waits]), await warm([waits])];
      expect(stable(run)).toEqual(stable(judge));
      expect(run.outcome).toBe('incomplete');
      expect(statuses(run)['test/cache.test.js::once joins calls']).toBe('failed');
    });

    it('fails the test whose later errors nobody catches', async () => {
      const late = edit(
        'lib/cache.js',
        'let running = null;',
        "let running = null; setTimeout(() => { throw new TypeError('late'); }, 1);",
      );
      const slow = edit(
        'lib/cache.js',
        'return running;',
        'return new Promise((done) => setTimeout(done, 20, running));',
      );
      const shifted = {
        ...slow,
        start: slow.start + late.replacement.length - 19,
        end: slow.end + late.replacement.length - 19,
      };
      const [judge, run] = [await cold([late, shifted]), await warm([late, shifted])];
      expect(statuses(run)).toEqual(statuses(judge));
      expect(run.tests.find(({ status }) => status === 'failed')).toMatchObject({ message: 'TypeError: late' });
    });

    it('may only be edited in source files', async () => {
      const outside: Edit = { path: 'test/cache.test.js', start: 0, end: 0, replacement: '' };
      await expect(cold([outside])).rejects.toThrow(DataError);
      await expect(probe([outside])).rejects.toThrow(DataError);
      await expect(warm([{ ...contains, end: 1_000_000 }])).rejects.toThrow(DataError);
    });
  });

  describe('a probe', () => {
    it('answers in order and survives candidates that hang, exit or do not compile', async () => {
      const probes = await probe([contains, hang, unreadable, exits, edit('lib/errors.js', 'low', 'low')]);
      expect(probes.map(({ outcome }) => outcome)).toEqual(['ran', 'timeout', 'broken', 'crashed', 'ran']);
      expect(probes[0]!.tests.at(-1)).toMatchObject({ test_id: takesBothEnds, status: 'failed' });
      expect(probes[4]!.tests.map(({ status }) => status)).toEqual(session.test_ids.map(() => 'passed'));
    });

    it('tries each candidate alone on the broken tree', async () => {
      const repair = edit('lib/interval.js', 'value >= this.low', 'value >= this.low');
      const wrong: Edit = { ...repair, end: repair.end - 1, replacement: 'value < this.low' };
      const right: Edit = { ...repair, end: repair.end - 1 };
      const probes = await probe([wrong, right, wrong], [takesBothEnds], [contains]);
      expect(probes.map(({ tests }) => tests.map(({ status }) => status))).toEqual([
        ['failed'],
        ['passed'],
        ['failed'],
      ]);
    });

    it('counts an asked test that does not run as a failure', async () => {
      const [absent] = await probe([contains], ['test/cache.test.js::no such test']);
      expect(absent!.tests).toMatchObject([{ status: 'error' }]);
    });

    it('leaves no trace for the next candidate', async () => {
      const dirt = [
        'Object.prototype.dirt = 1;',
        'Array.prototype.map = () => [];',
        'process.env.DIRT = "1"; process.chdir("/tmp");',
        'process.on("exit", () => {}); process.removeAllListeners("uncaughtException");',
        'setInterval(() => {}, 1); setTimeout(() => { throw new Error("later"); }, 5);',
        'globalThis.JSON = null; console.log = null; Object.defineProperty(Math, "min", { value: null });',
      ].map((text) => edit('lib/duration.js', "'use strict';", text));
      const nothing = edit('lib/duration.js', "'use strict';", "'use strict';");
      const probes = await probe(dirt.flatMap((dirty) => [dirty, nothing]));
      for (const clean of probes.filter((_, index) => index % 2 === 1)) {
        expect(clean.outcome).toBe('ran');
        expect(clean.tests.filter(({ status }) => status !== 'passed')).toEqual([]);
        expect(clean.tests).toHaveLength(30);
      }
    });
  });

  it('measures the lines that each test executes', async () => {
    const { tests } = await warm([], { coverage: true });
    const coverage = new Map(tests.map((test) => [test.test_id, test.coverage!['lib/interval.js'] ?? []]));
    const [lowers, keeps] = linesOf('return this.high;', 'return value;');
    expect(coverage.get('test/interval.test.js::Interval > clamp > lowers')).toContain(lowers);
    expect(coverage.get('test/interval.test.js::Interval > clamp > lowers')).not.toContain(keeps);
    expect(coverage.get('test/interval.test.js::Interval > clamp > keeps')).toContain(keeps);
    expect(coverage.get('test/duration.test.js::format of zero')).toEqual([]);
  });

  it('counts the lines of functions that V8 would have inlined by then', async () => {
    // Before the other edit, so that its offsets stay. A body in one piece has no counter but that of its calls.
    const whole = edit(
      'lib/interval.js',
      'this.low <= other.high && other.low <= this.high',
      'Math.max(this.low, other.low) <= Math.min(this.high, other.high)',
    );
    const heats = edit(
      'lib/interval.js',
      'return this.high - this.low',
      'for (let i = 0; i < 1e6; i++) this.union(this); return this.high - this.low',
    );
    const { tests } = await warm([whole, heats], { coverage: true });
    const [inner] = linesOf('return this.low <= other.high');
    const later = tests.find(({ test_id }) => test_id.endsWith('may be one point'));
    expect(later!.coverage!['lib/interval.js']).toContain(inner);
  });

  it('agrees with the real framework on any small edit', async () => {
    const tokens = tiny.source_paths.flatMap((path) =>
      [...textOf(path).matchAll(/===|<=|>=|[-+<>*]|\b(?:0|1|null|true|false|if|return|const|let)\b/g)].map(
        ({ index, 0: found }) => ({ path, start: index, end: index + found.length }),
      ),
    );
    const replacement = fc.constantFrom('===', '<', '>=', '+', '-', '0', '1', 'null', 'true', '');
    const law = fc.asyncProperty(fc.constantFrom(...tokens), replacement, async (place, text) => {
      const edits = [{ ...place, replacement: text }];
      const [judge, run] = [await cold(edits, { wall_ms: 5000 }), await warm(edits, { wall_ms: 5000 })];
      expect({ outcome: run.outcome, ...statuses(run) }).toEqual({ outcome: judge.outcome, ...statuses(judge) });
    });
    await fc.assert(law, { numRuns: 12, seed: 7, endOnFailure: true });
  });
});
