import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBundle } from '../../pipeline/exporters/bundle.ts';
import { curate } from '../../pipeline/exporters/curated.ts';
import { exportHarbor, harborTask } from '../../pipeline/exporters/harbor.ts';
import { rewardOf, Stage } from '../../pipeline/exporters/proof.ts';
import { curatedWarehouse } from '../curated.ts';
import { exportSettings } from '../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../tiny.ts';
import { ask, complaint, openConsumers } from './environment.ts';

interface Look {
  dataset: string;
  task_count: number;
  dataset_lost: string[];
  tasks: Record<string, unknown>[];
  archives_differ: string[];
}

const consumers = openConsumers();
const missing = (await missingSandbox()) ?? consumers.missing;
describe.skipIf(missing !== null)('harbor', () => {
  let world: TinyWorld;
  let folder: string;
  let count: number;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    world = await openTiny();
    folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const tasks = await curate(await curatedWarehouse(world), 1, 'selected');
    const settings = await exportSettings(world);
    count = tasks.length;
    await makeBundle('harbor', at('good'), async (bundle) => {
      await exportHarbor(bundle, world.database, tasks, settings.harbor);
      return {};
    });
    const stage = await Stage.of(harborTask(tasks[0]!, settings.harbor));
    const reward = await rewardOf(
      stage,
      tasks[0]!.task.repository_id,
      { model_patch: tasks[0]!.key.fix_patch },
      settings.proof,
    );
    writeFileSync(at('reward.json'), JSON.stringify(reward));
    writeFileSync(at('reward.txt'), `${reward.reward}\n`);
    await stage.close();
  }, 300_000);
  afterAll(async () => {
    await world?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** A copy of the export in which one file is changed. */
  const changed = (name: string, file: (good: Look) => string, change: (text: string) => string): string => {
    cpSync(at('good'), at(name), { recursive: true });
    const path = join(at(name), file(ask(consumers, 'check_harbor.py', at('good'))));
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    return at(name);
  };
  const firstToml = ({ tasks }: Look) => `tasks/${String(tasks[0]!.name).split('/')[1]}/task.toml`;

  it('reads every task, in a verifier of its own, and loses nothing on the way', () => {
    const look = ask<Look>(consumers, 'check_harbor.py', at('good'));
    expect(look).toMatchObject({ dataset: 'socratic/tiny', task_count: count, dataset_lost: [], archives_differ: [] });
    for (const task of look.tasks)
      expect(task).toEqual({
        ...{ name: expect.stringMatching(/^socratic\/task_/), is_valid: true, mode: 'separate', bundled_tests: false },
        ...{ instruction: true, lost: [], digest_agrees: true, warnings: [] },
      });
  });

  it('reads the reward', () => {
    const { json, text } = ask<Record<string, Record<string, number>>>(consumers, 'check_reward.py', folder);
    expect(json).toMatchObject({ reward: 1, full_repair: 1, partial_repair: 1, preservation: 1 });
    expect(text).toEqual({ reward: 1 });
  });

  it('notices a field that Harbor does not know', () => {
    const folder = changed('unknown', firstToml, (text) => text.replace('[verifier]', '[verifier]\ncolour = "red"'));
    expect(ask<Look>(consumers, 'check_harbor.py', folder).tasks[0]).toMatchObject({ lost: ['.verifier.colour'] });
  });

  it('notices a changed file by its digest', () => {
    const folder = changed(
      'touched',
      (good) => firstToml(good).replace('task.toml', 'instruction.md'),
      (text) => `${text}.`,
    );
    const look = ask<Look>(consumers, 'check_harbor.py', folder);
    expect(look.tasks[0]).toMatchObject({ digest_agrees: false });
    expect(look.archives_differ).toHaveLength(1);
  });

  it.each([
    ['mode', '"separate"', '"apart"', /environment_mode/],
    ['name', 'name = "socratic/', 'name = "', /org\/name/],
    ['network', '"no-network"', '"none"', /network_mode/],
  ])('refuses a wrong %s', (name, good, bad, said) => {
    const folder = changed(name, firstToml, (text) => text.replace(good, bad));
    expect(complaint(consumers, 'check_harbor.py', folder)).toMatch(said);
  });

  it.each([
    ['a word', '{"reward": "1"}', /Non-numeric/],
    ['not a number', '{"reward": NaN}', /Non-finite/],
    ['nothing', '', /empty/],
  ])('refuses a reward that is %s', (name, text, said) => {
    cpSync(at('reward.txt'), join(at(`reward ${name}`), 'reward.txt'), { recursive: true });
    writeFileSync(join(at(`reward ${name}`), 'reward.json'), text);
    expect(complaint(consumers, 'check_reward.py', at(`reward ${name}`))).toMatch(said);
  });
});
