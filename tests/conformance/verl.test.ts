import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '../../pipeline/exporters/bundle.ts';
import { curate } from '../../pipeline/exporters/curated.ts';
import { exportRl } from '../../pipeline/exporters/rl/index.ts';
import { profiles } from '../../pipeline/exporters/rl/profiles.ts';
import { type SwebenchRow, swebenchRow } from '../../pipeline/exporters/swebench-row.ts';
import { curatedWarehouse } from '../curated.ts';
import { exportSettings } from '../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../tiny.ts';
import { ask, openConsumers } from './environment.ts';

/** What check_verl.py prints of a file. */
interface VerlRead {
  rows?: Record<string, unknown>[];
  columns?: string[];
  of_five_words?: number;
  refused?: string;
}

/** Its reader needs torch, which brings 5 GB of libraries: asked only when that is wanted. */
const wanted = process.env.CONFORMANCE_VERL !== undefined;
if (!wanted)
  process.stderr.write('verl is skipped: its reader needs torch; make conformance-verl installs it and asks\n');
const consumers = wanted ? openConsumers('requirements-verl.txt', [10, 12]) : null;
const missing = (await missingSandbox()) ?? (consumers ? consumers.missing : 'not wanted');
describe.skipIf(missing !== null)('verl', () => {
  let world: TinyWorld;
  let folder: string;
  let rows: SwebenchRow[];
  beforeAll(async () => {
    world = await openTiny();
    folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const store = await curatedWarehouse(world);
    const tasks = await curate(store, 1, 'selected');
    const { snapshotOf } = (await exportSettings(world)).harbor;
    rows = tasks.map((task) => swebenchRow(task, snapshotOf(task.task.repository_id), 1));
    await makeBundle('verl', join(folder, 'verl'), async (bundle) => ({
      counts: await exportRl(bundle, store, tasks, { round: 1, profile: 'verl', snapshotOf }),
    }));
  });
  afterAll(async () => {
    await world?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('reads prompts, rewards and where they came from; takes no row that is too long or without a prompt', () => {
    const files = ['round_1.parquet', 'rollouts.parquet', 'absent.parquet'].map((name) => join(folder, 'verl', name));
    const read = ask<[VerlRead, VerlRead, VerlRead]>(consumers!, 'check_verl.py', join(folder, 'cache'), ...files);
    const [ours, without_prompt, absent] = read;
    const meant = profiles.verl.rows(rows).rows;
    expect(ours.rows).toHaveLength(rows.length);
    ours.rows!.forEach((row, index) => {
      expect(row).toMatchObject(meant[index] as Record<string, unknown>);
      expect(row.raw_prompt).toEqual((meant[index] as { prompt: unknown }).prompt);
    });
    expect(ours.columns).toEqual(expect.arrayContaining(['data_source', 'reward_model', 'extra_info']));
    expect(ours.of_five_words).toBe(0);
    expect(without_prompt.rows).toEqual([]);
    expect(absent.refused).toMatch(/absent/);
  });
});
