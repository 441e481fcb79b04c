import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleFile, makeBundle } from '../../../pipeline/exporters/bundle.ts';
import { type CuratedTask, curate } from '../../../pipeline/exporters/curated.ts';
import { exportHarbor, harborTask } from '../../../pipeline/exporters/harbor.ts';
import { rewardOf, Stage } from '../../../pipeline/exporters/proof.ts';
import { addProvenance, provenancePath } from '../../../pipeline/exporters/provenance.ts';
import { isSound, proveHarbor } from '../../../pipeline/exporters/verify.ts';
import type { Warehouse } from '../../../pipeline/warehouse/store.ts';
import { curatedWarehouse } from '../../curated.ts';
import { exportSettings } from '../../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('a harbor task', () => {
  let world: TinyWorld;
  let store: Warehouse;
  let tasks: CuratedTask[];
  let settings: Awaited<ReturnType<typeof exportSettings>>;
  beforeAll(async () => {
    world = await openTiny();
    store = await curatedWarehouse(world);
    tasks = await curate(store, 1, 'selected');
    settings = await exportSettings(world);
  }, 120_000);
  afterAll(() => world?.close());

  const filesOf = (task: CuratedTask): BundleFile[] => harborTask(task, settings.harbor);
  const of = (language: string): CuratedTask => tasks.find(({ task }) => task.language === language)!;
  const textOf = (files: BundleFile[], path: string) => String(files.find((f) => f.path === path)!.content);

  it('earns 0 for nothing, 1 for the fix and 0 for an empty patch, every one of them', async () => {
    for (const task of tasks) {
      const proof = await proveHarbor(task, filesOf(task), settings.proof);
      expect(proof).toEqual({ task_id: task.task.task_id, broken: 0, fixed: 1, untouched: 0 });
      expect(isSound(proof)).toBe(true);
    }
  }, 120_000);

  it.each([['python'], ['javascript']] as const)(
    'says how the reward came about: %s',
    async (language) => {
      const task = of(language);
      const stage = await Stage.of(filesOf(task));
      const rewards = (model_patch: string | null) =>
        rewardOf(stage, task.task.repository_id, { model_patch }, settings.proof);
      const total = { f2p_total: task.key.fail_to_pass.length, p2p_total: task.key.pass_to_pass.length };
      expect(await rewards(task.key.fix_patch)).toEqual({
        ...{ reward: 1, full_repair: 1, partial_repair: 1, preservation: 1 },
        ...{ ...total, f2p_passed: total.f2p_total, f2p_rate: 1, p2p_passed: total.p2p_total, p2p_rate: 1 },
        ...{ regressions: 0, exit_code: 0, eval_trustworthy: 1, patch_applied: 1 },
      });
      expect(await rewards(null)).toMatchObject({
        reward: 0,
        preservation: 0,
        p2p_rate: 1,
        eval_trustworthy: 1,
        patch_applied: 0,
      });
      expect(await rewards('no diff at all')).toMatchObject({
        reward: 0,
        patch_applied: 0,
        eval_trustworthy: 0,
        p2p_passed: 0,
      });
      await stage.close();
    },
    60_000,
  );

  it.each([['python'], ['javascript']] as const)(
    'a patch cannot change the tests: %s',
    async (language) => {
      const task = of(language);
      const path = task.key.fail_to_pass[0]!.split('::')[0]!;
      const stage = await Stage.of(filesOf(task));
      const deleted = `diff --git a/${path} b/${path}\ndeleted file mode 100644\n--- a/${path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n`;
      expect(await rewardOf(stage, task.task.repository_id, { model_patch: deleted }, settings.proof)).toMatchObject({
        ...{ reward: 0, p2p_rate: 1, eval_trustworthy: 1 },
      });
      await stage.close();
    },
    60_000,
  );

  it('a source that ends the process early, does not load, or makes failures vanish is not trusted and not rewarded', async () => {
    const { task, key } = of('python');
    const files = filesOf(of('python'));
    const source = files.find((f) => f.path === `environment/repo/${key.path}`)!;
    for (const [planted, trusted] of [
      ['import os; os._exit(0)\n', 0],
      ['def (:\n', 0],
      ['import _pytest.python as python\npython.Function.runtest = lambda item: None\n', 0],
    ] as const) {
      const changed = files.map((f) => (f === source ? { ...f, content: planted + String(f.content) } : f));
      const stage = await Stage.of(changed);
      const reward = await rewardOf(stage, task.repository_id, { model_patch: null }, settings.proof);
      expect(reward).toMatchObject({ reward: 0, f2p_passed: 0, p2p_passed: 0, eval_trustworthy: trusted });
      await stage.close();
    }
  }, 60_000);

  it('shows an agent nothing of the answer key', () => {
    for (const task of tasks) {
      const seen = filesOf(task).filter(({ path }) => !/^(tests|solution)\//.test(path));
      const text = seen.map(({ content }) => Buffer.from(content as string).toString('latin1')).join('\n');
      for (const secret of [task.key.canary, task.key.fix_patch, task.key.verifier_digest, 'skill_'])
        if (secret !== '') expect(text.includes(secret), secret).toBe(false);
      expect(seen.some(({ path }) => path.includes('.git/'))).toBe(false);
    }
  });

  it('is the same bytes each time, whole exports too', async () => {
    const once = () =>
      makeBundle('harbor', join(world.folder, 'out'), async (bundle) => {
        await exportHarbor(bundle, world.database, tasks, settings.harbor);
        await addProvenance(bundle, store, 1, tasks);
        return {};
      });
    const [first, second] = [await once(), await once()];
    expect(second.digest).toBe(first.digest);
  }, 60_000);

  it('leads back, by one query over its rows, to the skill and to the steps that asked for it', async () => {
    const out = join(world.folder, 'out');
    const rows = await world.database.rows(
      `select exported.path as task_id, lineage.skill_name, lineage.step_id, steps.message
       from read_parquet('${out}/tasks.parquet') exported
       inner join read_parquet('${out}/${provenancePath}') lineage on exported.path = lineage.task_id
       inner join steps on lineage.trace_id = steps.trace_id and lineage.step_id = steps.step_id
       order by exported.path`,
    );
    expect(rows.map((row) => row.task_id)).toEqual(tasks.map(({ task }) => task.task_id).sort());
    for (const row of rows)
      expect(row).toMatchObject({ skill_name: 'Comparisons at their limits', step_id: 2, message: 'step 2' });
  });

  it('pins what its image is made of', () => {
    const dockerfile = (language: string) => textOf(filesOf(of(language)), 'environment/Dockerfile');
    expect(dockerfile('python')).toMatch(/^FROM python:\d+\.\d+\.\d+-slim-bookworm\n/);
    expect(dockerfile('javascript')).toMatch(/^FROM node:\d+\.\d+\.\d+-bookworm-slim\n/);
    expect(textOf(filesOf(of('python')), 'environment/requirements.txt')).toMatch(/^pytest==8/m);
  });
});

describe('staging a task', () => {
  it('removes what it laid out', async () => {
    const before = await mkdtemp(join(tmpdir(), 'stage-'));
    const stage = await Stage.of([{ path: 'a/b', content: 'x' }]);
    await stage.close();
    await expect(rm(stage.folder)).rejects.toThrow(/ENOENT/);
    await rm(before, { recursive: true });
  });
});
