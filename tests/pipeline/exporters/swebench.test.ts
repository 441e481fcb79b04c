import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '../../../pipeline/exporters/bundle.ts';
import { type CuratedTask, curate } from '../../../pipeline/exporters/curated.ts';
import { logName, oddNames } from '../../../pipeline/exporters/grader/plan.ts';
import { brokenTree, pristineTree } from '../../../pipeline/exporters/image.ts';
import { exportSmith, exportSwebench, taskFiles } from '../../../pipeline/exporters/swebench.ts';
import { imageName, smithRow, swebenchRow } from '../../../pipeline/exporters/swebench-row.ts';
import { isSound, proveSwebench } from '../../../pipeline/exporters/verify.ts';
import { yaml } from '../../../pipeline/exporters/yaml.ts';
import { applyPatch } from '../../../pipeline/mutation/patch.ts';
import { curatedWarehouse } from '../../curated.ts';
import { exportSettings } from '../../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('a swebench task', () => {
  let world: TinyWorld;
  let tasks: CuratedTask[];
  let settings: Awaited<ReturnType<typeof exportSettings>>;
  beforeAll(async () => {
    world = await openTiny();
    tasks = await curate(await curatedWarehouse(world), 1, 'selected');
    settings = await exportSettings(world);
  }, 120_000);
  afterAll(() => world?.close());

  const snapshot = (task: CuratedTask) => settings.harbor.snapshotOf(task.task.repository_id);
  const rowOf = (task: CuratedTask) => swebenchRow(task, snapshot(task), 1);
  const at = (name: string) => join(world.folder, name);
  const exported = (name: string, write: typeof exportSwebench) =>
    makeBundle('swebench', at(name), async (bundle) => {
      await write(bundle, world.database, tasks, settings.harbor);
      return {};
    });

  it('is resolved by the fix and by nothing less, by its own evaluation script, every one of them', async () => {
    for (const task of tasks) {
      const row = rowOf(task);
      const proof = await proveSwebench(task, row, taskFiles(task, row, settings.harbor), settings.proof);
      expect(proof).toEqual({ task_id: task.task.task_id, broken: 0, fixed: 1, untouched: 0 });
      expect(isSound(proof)).toBe(true);
    }
  }, 120_000);

  it('is a row with every column of the classics as text', () => {
    for (const task of tasks) {
      const row = rowOf(task);
      const { round, ...texts } = row;
      expect(round).toBe(1);
      for (const [name, value] of Object.entries(texts)) expect(typeof value, name).toBe('string');
      expect(row.instance_id).toMatch(/^path__tiny-(python|javascript)-train-[0-9a-f]{16}$/);
      expect(JSON.parse(row.FAIL_TO_PASS)).toEqual(task.key.fail_to_pass);
      expect(row.base_commit).toMatch(/^[0-9a-f]{40}$/);
    }
    expect(new Set(tasks.map((task) => rowOf(task).instance_id)).size).toBe(tasks.length);
  });

  it('tells a prompt that holds all of its row nothing of the engine', () => {
    for (const task of tasks) {
      const text = JSON.stringify(rowOf(task));
      for (const secret of [
        task.key.canary,
        task.key.verifier_digest,
        'skill',
        'cosine',
        task.repository.repository_id,
      ])
        expect(text.includes(secret), secret).toBe(false);
    }
  });

  it('made twice is the same bytes', async () => {
    const [first, second] = [await exported('out', exportSwebench), await exported('out', exportSwebench)];
    expect(second.digest).toBe(first.digest);
    const lines = readFileSync(at('out/data/round_1.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(tasks.map(rowOf));
    expect(await world.database.rows(`select * from read_parquet('${at('out/data/round_1.parquet')}')`)).toEqual(
      tasks.map(rowOf),
    );
  });

  it('as SWE-smith has it: the patch makes the bug, and its reverse is the fix', async () => {
    for (const task of tasks) {
      const row = smithRow(task, snapshot(task));
      const tree = pristineTree(snapshot(task));
      const broken = applyPatch((path) => tree.get(path)?.toString('utf8'), String(row.patch));
      const ours = brokenTree(snapshot(task), task.key.bug_patch);
      for (const [path, text] of broken) expect(text).toBe(ours.get(path)!.toString('utf8'));
      const mended = applyPatch((path) => broken.get(path), task.key.fix_patch);
      for (const [path, text] of mended) expect(text).toBe(tree.get(path)!.toString('utf8'));
      expect(row.instance_id).toMatch(/^path__[\w-]+\.[0-9a-f]{8}\.bug__[0-9a-f]{16}$/);
    }
    await exported('smith', exportSmith);
    const [row] = await world.database.rows(`select * from read_parquet('${at('smith/data/round_1.parquet')}')`);
    expect(row).toEqual(smithRow(tasks[0]!, snapshot(tasks[0]!)));
  });
});

describe('names', () => {
  it('of images are what SWE-bench derives', () => {
    expect(imageName('npm__Qs-1a')).toBe('swebench/sweb.eval.x86_64.npm_1776_qs-1a:latest');
  });

  it.each([
    ['plain [a b] > c', 'plain [a b] > c'],
    ['two\nlines', 'two\\u000alines'],
    ['ends in a blank ', 'ends in a blank\\u0020'],
    ['\u2028', '\\u2028'],
  ])('in a log stand on one line: %j', (id, name) => {
    expect(logName(id)).toBe(name);
    expect(oddNames([id])).toEqual(id === name ? {} : { [id]: name });
  });

  it('in a log are never one for two tests', () => {
    expect(() => oddNames(['a\n', 'a\\u000a'])).toThrow('two tests have one name');
  });
});

describe('yaml', () => {
  it('writes what no reader can take for anything else', () => {
    const value = { a: 'no', 'b c': [1, 'x: y', { d: true, e: [] }], f: { g: null }, h: {} };
    expect(yaml(value)).toBe('a: "no"\n"b c":\n  - 1\n  - "x: y"\n  - d: true\n    e: []\nf:\n  g: null\nh: {}\n');
  });
});
