import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepare } from '../../../pipeline/stages/prepare.ts';
import { Repositories, type Repository } from '../../../schemas/repositories.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const troubled = `
import os
import time
import pytest

SEEN = []


def test_always_fails():
    assert 1 == 2


@pytest.mark.parametrize("turn", range(16))
def test_by_chance(turn):
    assert os.urandom(1)[0] < 26


def test_first():
    SEEN.append(1)


@pytest.mark.parametrize("turn", range(8))
def test_after_first(turn):
    assert SEEN


def test_slow():
    time.sleep(0.9)


def test_fine():
    pass
`;

const missing = await missingSandbox();
describe.skipIf(missing !== null)('prepare', () => {
  let world: TinyWorld;
  let rows: Map<string, Repository>;
  let dropped: Record<string, number>;
  beforeAll(async () => {
    world = await openTiny({
      plant: async ({ python, javascript }) => {
        await writeFile(join(python, 'tests/test_troubled.py'), troubled);
        await rm(join(javascript, 'test'), { recursive: true });
        await mkdir(join(javascript, 'test'));
        await writeFile(join(javascript, 'test/none.test.js'), "'use strict';\nthrow new Error('no tests today');\n");
      },
    });
    const library = {
      ...world.library,
      seeds: [
        ...world.library.seeds,
        { ...world.library.seeds[0]!, repository_id: 'repo_lost', name: 'lost', snapshot: null, detail: 'no network' },
      ],
    };
    const ports = { library, harness: world.harness, stopwatch: { id: 's', now: () => 0 } };
    const params = prepare.params.parse({ reruns: 3, slowest_test_ms: 700 });
    const context = { params, round: 0, seed: 'seed', random: () => 0, ports, progress: () => {} };
    const result = await prepare.run({}, context as never);
    rows = new Map(result.tables.repositories.map((r: Repository) => [r.name, r]));
    dropped = result.dropped ?? {};
  }, 90_000);
  afterAll(() => world?.close());

  it('keeps only tests that pass every time, in any order, quickly', () => {
    const row = rows.get('tiny-python-train')!;
    expect(row).toMatchObject({ status: 'ready', detail: null });
    expect(row.tests.filter((id) => id.includes('test_troubled'))).toEqual([
      'tests/test_troubled.py::test_first',
      'tests/test_troubled.py::test_fine',
    ]);
    expect(row.tests.filter((id) => !id.includes('test_troubled'))).toHaveLength(29);
    const left = row.left_out_tests.map((id) => id.split('::')[1]!.replace(/\[.*/, ''));
    expect(new Set(left)).toEqual(
      new Set([
        'test_always_fails',
        'test_by_chance',
        'test_after_first',
        'test_slow',
        'test_skipped',
        'test_expected_failure',
      ]),
    );
    expect(row.test_count).toBe(row.tests.length);
    expect(row.agreement).toBeGreaterThan(0.8);
  });

  it('says why a repository cannot be used', () => {
    const broken = rows.get('tiny-javascript-train')!;
    expect(broken.status).not.toBe('ready');
    expect(broken.detail).toBeTruthy();
    expect(rows.get('lost')).toMatchObject({ status: 'unavailable', detail: 'no network', test_count: 0 });
    expect(Object.values(dropped).reduce((sum, n) => sum + n, 0)).toBe(3);
  });

  it('refuses to go on when no training repository is left, with the reasons', async () => {
    const seeds = world.library.seeds.filter((s) => s.language === 'javascript');
    const ports = {
      library: { ...world.library, seeds },
      harness: world.harness,
      stopwatch: { id: 's', now: () => 0 },
    };
    const context = {
      params: prepare.params.parse({}),
      round: 0,
      seed: 'seed',
      random: () => 0,
      ports,
      progress: () => {},
    };
    await expect(prepare.run({}, context as never)).rejects.toThrow(
      /expected: at least one whose tests pass\n {2}found: tiny-javascript-train: .+\n {2}fix: see make doctor/,
    );
  });

  it('writes rows of its table', () => {
    for (const row of rows.values()) expect(Repositories.row.safeParse(row).error).toBeUndefined();
  });
});
