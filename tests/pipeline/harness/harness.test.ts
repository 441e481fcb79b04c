import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecutionCache } from '../../../pipeline/harness/cache.ts';
import { CachedHarness } from '../../../pipeline/harness/harness.ts';
import { idleSessionsIn, SessionPool } from '../../../pipeline/harness/pool.ts';
import type {
  Edit,
  Library,
  Probe,
  RepositorySnapshot,
  RunOutcome,
  SuiteRun,
  TestRunner,
  WarmSession,
} from '../../../pipeline/ports.ts';
import { Database } from '../../../pipeline/warehouse/database.ts';
import { editIn, missingSandbox, openTiny, snapshotOf, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('over the tiny libraries', () => {
  const executions = mkdtempSync(join(tmpdir(), 'executions-'));
  afterAll(() => rmSync(executions, { recursive: true, force: true }));

  const ask = async (world: TinyWorld) => {
    const { repository_id } = snapshotOf(world, 'python');
    const sources = world.library.sources(repository_id);
    const bug = editIn(sources, 'tally/wording.py', 'count == 1', 'count == 2');
    const tests = ['tests/test_wording.py::test_plural', 'tests/test_wording.py::test_title'];
    const request = { edits: [bug], tests, wall_ms: 20_000 };
    const candidates: Edit[] = ['2', '1', '9'].map((n) => ({ ...bug, replacement: `count == ${n}` }));
    return {
      twice: await Promise.all([
        world.harness.suite(repository_id, request),
        world.harness.suite(repository_id, request),
      ]),
      again: await world.harness.suite(repository_id, { ...request, wall_ms: 9000 }),
      repeat: await world.harness.suite(repository_id, { ...request, repeat: 1 }),
      cold: await world.harness.cold(repository_id, request),
      probes: await world.harness.probe(repository_id, {
        base: [bug],
        candidates,
        tests: tests.slice(0, 1),
        budget_ms: 500,
      }),
      count: { ...world.harness.executions },
    };
  };

  it('runs each thing once for all rounds, and says the same from memory', async () => {
    const first = await openTiny({ executions });
    const fresh = await ask(first);
    await first.close();
    expect(fresh.twice[0]).toEqual(fresh.twice[1]);
    expect(fresh.again).toEqual(fresh.twice[0]);
    expect(fresh.count).toEqual({ asked: 8, unique: 6 });
    expect(fresh.cold.tests.map((t) => t.status)).toEqual(['failed', 'passed']);
    expect(fresh.probes.map((p) => p.tests.at(-1)?.status)).toEqual(['failed', 'passed', 'failed']);

    const second = await openTiny({ executions });
    const seeds = (world: TinyWorld) => world.library.seeds.map((s) => s.repository_id);
    expect(seeds(second)).toEqual(seeds(first));
    const remembered = await ask(second);
    await second.close();
    expect(remembered.count).toEqual({ asked: 8, unique: 0 });
    expect({ ...remembered, count: null }).toEqual({ ...fresh, count: null });
  }, 60_000);
});

/** A runner that answers from a script: what a real one does only when the machine fails it. */
class ScriptedRunner implements TestRunner {
  readonly id = 'scripted/1';
  readonly language = 'python';
  readonly script: (RunOutcome | Error)[] = [];
  opened = 0;
  closed = 0;
  active = 0;
  most = 0;

  async cold(): Promise<SuiteRun> {
    return this.next();
  }

  async warm(): Promise<WarmSession> {
    this.opened++;
    return {
      test_ids: [],
      suite: () => this.next(),
      probe: async ({ candidates }) =>
        candidates.map((c): Probe => ({ outcome: c.replacement === 'x' ? 'crashed' : 'ran', tests: [] })),
      close: async () => void this.closed++,
    };
  }

  private async next(): Promise<SuiteRun> {
    this.most = Math.max(this.most, ++this.active);
    await new Promise((resolve) => setImmediate(resolve));
    this.active--;
    const step = this.script.shift() ?? 'complete';
    if (step instanceof Error) throw step;
    return { outcome: step, detail: null, tests: [], wall_ms: this.script.length };
  }
}

describe('what a real runner does only when the machine fails it', () => {
  const repository = { repository_id: 'repo', language: 'python', test: { runner: 'pytest' } } as RepositorySnapshot;
  const library = { seeds: [{ repository_id: 'repo', snapshot: repository }] } as unknown as Library;
  let folder: string;
  let database: Database;
  let runner: ScriptedRunner;
  let pool: SessionPool;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cache-'));
    database = await Database.open({ threads: 1 });
    runner = new ScriptedRunner();
    pool = new SessionPool([runner], 2);
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const opened = async () => {
    const cache = await ExecutionCache.open(folder, database);
    return {
      cache,
      harness: new CachedHarness({ library, pool, cache, identities: { python: 'a', javascript: 'b' } }),
    };
  };
  const request = (n: number) => ({ edits: [], tests: [`t${n}`], wall_ms: 1 });

  it('tries a broken run three times, and never remembers it', async () => {
    const { cache, harness } = await opened();
    runner.script.push('infrastructure_error', 'infrastructure_error', 'complete');
    expect((await harness.suite('repo', request(1))).outcome).toBe('complete');
    runner.script.push('infrastructure_error', 'infrastructure_error', 'infrastructure_error', 'timeout');
    expect((await harness.suite('repo', request(2))).outcome).toBe('infrastructure_error');
    expect(cache.size).toBe(1);
    expect((await harness.suite('repo', request(2))).outcome).toBe('timeout');
    expect(cache.size).toBe(2);
    expect(harness.id).toMatch(/^harness\/\d+ a b$/);
  });

  it('a session whose use threw is closed, the next call gets a new one', async () => {
    const { harness } = await opened();
    runner.script.push(new Error('lost'));
    await expect(harness.suite('repo', request(1))).rejects.toThrow('lost');
    expect([runner.opened, runner.closed]).toEqual([1, 1]);
    expect((await harness.suite('repo', request(1))).outcome).toBe('complete');
    await harness.suite('repo', request(2));
    expect([runner.opened, runner.closed]).toEqual([2, 1]);
    await pool.close();
    expect(runner.closed).toBe(2);
  });

  it('closes the idle session that waited longest when there are more than memory allows', async () => {
    expect([1, 8, 24, 512].map((gib) => idleSessionsIn(gib * 2 ** 30))).toEqual([4, 14, 40, 40]);
    pool = new SessionPool([runner], 2, 1);
    await Promise.all([1, 2].map(() => pool.use(repository, (session) => session.suite(request(1)))));
    expect([runner.opened, runner.closed]).toEqual([2, 1]);
  });

  it('no more at a time than there are workers, cold runs included', async () => {
    const { harness } = await opened();
    const calls = Array.from({ length: 12 }, (_, n) =>
      n % 3 === 0 ? harness.cold('repo', request(n)) : harness.suite('repo', request(n)),
    );
    await Promise.all(calls);
    expect(runner.most).toBe(2);
    expect(runner.opened).toBeLessThanOrEqual(2);
  });

  it('asks a runner only for candidates it does not know, and keeps their order', async () => {
    const { harness } = await opened();
    const candidates = ['a', 'x', 'b'].map((replacement): Edit => ({ path: 'p', start: 0, end: 0, replacement }));
    const probe = (list: Edit[]) => harness.probe('repo', { base: [], candidates: list, tests: ['t'], budget_ms: 5 });
    expect((await probe(candidates)).map((p) => p.outcome)).toEqual(['ran', 'crashed', 'ran']);
    expect((await probe([...candidates].reverse())).map((p) => p.outcome)).toEqual(['ran', 'crashed', 'ran']);
    expect(harness.executions).toEqual({ asked: 6, unique: 3 });
  });

  it('says which repository or language it does not have', async () => {
    const { harness } = await opened();
    expect(() => harness.suite('other', request(1))).toThrow('repository other is not unpacked');
    expect(() => pool.runnerOf({ ...repository, language: 'javascript' })).toThrow(
      'no test runner for language javascript',
    );
  });

  describe('what is remembered', () => {
    it('survives a kill once flushed; what was being written is forgotten', async () => {
      const { cache } = await opened();
      cache.set('one', 'repo', 'suite', { a: 1, text: '\ud83d \u0000' });
      await cache.flush();
      cache.set('two', 'repo', 'probe', { b: 2 });
      writeFileSync(join(folder, '.half.tmp'), 'half a part');
      writeFileSync(join(folder, '.half.tmp.jsonl'), '{');
      const later = await ExecutionCache.open(folder, database);
      expect([later.get('one'), later.get('two'), later.size]).toEqual([{ a: 1, text: '\ud83d \u0000' }, undefined, 1]);
      expect(readdirSync(folder)).toHaveLength(1);
    });

    it('many small parts become one, with nothing lost and nothing twice', async () => {
      const { cache } = await opened();
      for (let n = 0; n < 30; n++) {
        cache.set(`key${n % 27}`, 'repo', 'suite', { n });
        await cache.flush();
      }
      const later = await ExecutionCache.open(folder, database);
      expect(readdirSync(folder).filter((n) => n.endsWith('.parquet'))).toHaveLength(1);
      expect(later.size).toBe(27);
      expect((await ExecutionCache.open(folder, database)).size).toBe(27);
    });

    it('a damaged part is named', async () => {
      const { cache } = await opened();
      cache.set('one', 'repo', 'suite', {});
      await cache.flush();
      writeFileSync(join(folder, 'bad.parquet'), 'garbage');
      await expect(ExecutionCache.open(folder, database)).rejects.toThrow(
        /^\S*bad\.parquet\n {2}expected: Parquet files of table executions/,
      );
    });

    it('a part that cannot be written is said at the next flush, not swallowed', async () => {
      const { cache } = await opened();
      rmSync(folder, { recursive: true });
      cache.set('one', 'repo', 'suite', {});
      await expect(cache.flush()).rejects.toThrow(/ENOENT/);
      await expect(cache.flush()).rejects.toThrow(/ENOENT/);
    });
  });
});
