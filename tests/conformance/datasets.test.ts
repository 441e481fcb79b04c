import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrowFile } from '../../pipeline/exporters/arrow.ts';
import { type Bundle, makeBundle } from '../../pipeline/exporters/bundle.ts';
import { type CuratedTask, curate } from '../../pipeline/exporters/curated.ts';
import { exportHub } from '../../pipeline/exporters/hf.ts';
import { exportRl } from '../../pipeline/exporters/rl/index.ts';
import { type ProfileName, profiles } from '../../pipeline/exporters/rl/profiles.ts';
import { exportSft } from '../../pipeline/exporters/sft/index.ts';
import { rowColumns, swebenchRow } from '../../pipeline/exporters/swebench-row.ts';
import { curatedWarehouse } from '../curated.ts';
import { exportSettings } from '../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../tiny.ts';
import { ask, openConsumers } from './environment.ts';

interface Found {
  splits: string[];
  count: number;
  types: Record<string, string>;
  second_reader_agrees: boolean;
}

/** What check_skyrl.py prints of a file. */
interface SkyrlRead {
  batch?: unknown[];
  of_five_words?: number;
  refused?: string;
}

const consumers = openConsumers();
const missing = (await missingSandbox()) ?? consumers.missing;
describe.skipIf(missing !== null)('datasets, trl and trajectories', () => {
  let world: TinyWorld;
  let folder: string;
  let tasks: CuratedTask[];
  let snapshotOf: Awaited<ReturnType<typeof exportSettings>>['harbor']['snapshotOf'];
  const at = (...names: string[]) => join(folder, ...names);
  beforeAll(async () => {
    world = await openTiny();
    folder = mkdtempSync(join(tmpdir(), 'conformance-'));
    const store = await curatedWarehouse(world);
    tasks = await curate(store, 1, 'selected');
    ({ snapshotOf } = (await exportSettings(world)).harbor);
    const options = { round: 1, name: 'socratic/tiny', snapshotOf };
    const make = (name: string, fill: (bundle: Bundle) => Promise<unknown>) =>
      makeBundle(name, at(name), async (bundle) => ({ counts: await fill(bundle) }));
    await make('hf', (bundle) => exportHub(bundle, store, tasks, options));
    for (const profile of Object.keys(profiles) as ProfileName[])
      await make(profile, (bundle) => exportRl(bundle, store, tasks, { ...options, profile }));
    await make('sft', (bundle) => exportSft(bundle, store, tasks, { round: 1, profile: 'trl' }));
    await make('atif', (bundle) => exportSft(bundle, store, tasks, { round: 1, profile: 'atif' }));
  });
  afterAll(async () => {
    await world?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('load_dataset reads every configuration of the card, and a second reader the same', () => {
    const found = ask<Record<string, Found>>(consumers, 'check_datasets.py', 'hub', at('hf'));
    expect(Object.keys(found).sort()).toEqual(['provenance', 'skills', 'tasks']);
    for (const { splits, second_reader_agrees } of Object.values(found))
      expect([splits, second_reader_agrees]).toEqual([['round_1'], true]);
    expect([found.tasks!.count, found.provenance!.count, found.skills!.count]).toEqual([tasks.length, tasks.length, 1]);
    expect(Object.keys(found.tasks!.types)).toEqual(Object.keys(rowColumns));
    expect(found.tasks!.types.round).toBe("Value('int64')");
    expect(found.skills!.types.operations).toBe("List(Value('string'))");
  });

  it('load_dataset refuses a card that is wrong', () => {
    const wrong: [name: string, change: (text: string) => string, said: RegExp][] = [
      ['rows', (text) => text.replace(/num_examples: \d+/, 'num_examples: 99'), /NonMatchingSplitsSizes/],
      ['split', (text) => text.replaceAll('"round_1"', '"round-1"'), /round-1/],
      ['file', (text) => text.replace('data/round_1-', 'data/other-'), /other-/],
    ];
    const copies = wrong.map(([name, change]) => {
      cpSync(at('hf'), at(name), { recursive: true });
      writeFileSync(at(name, 'README.md'), change(readFileSync(at(name, 'README.md'), 'utf8')));
      return at(name);
    });
    const said = ask<string[]>(consumers, 'check_datasets.py', 'refusals', ...copies);
    for (const [index, [, , pattern]] of wrong.entries()) expect(said[index]).toMatch(pattern);
  });

  it('mlcroissant reads every record of every configuration, and refuses a field without a type', () => {
    const good = readFileSync(at('hf/croissant.json'), 'utf8');
    writeFileSync(at('hf/wrong.json'), good.replace(/\n +"dataType": "sc:Text",/, ''));
    const files = [at('hf/croissant.json'), at('hf/wrong.json')];
    const [read, refused] = ask<Record<string, unknown>[]>(consumers, 'check_datasets.py', 'croissant', ...files);
    expect(read).toEqual({ warnings: [], counts: { tasks: tasks.length, provenance: tasks.length, skills: 1 } });
    expect(refused).toEqual({ refused: expect.stringMatching(/Field/) });
  });

  it('trainers load their rows as they were meant', () => {
    const names = Object.keys(profiles) as ProfileName[];
    const files = names.map((name) => at(name, `round_1.${profiles[name].kind}`));
    const read = ask<unknown[]>(consumers, 'check_datasets.py', 'rows', ...files);
    const meant = tasks.map((task) => swebenchRow(task, snapshotOf(task.task.repository_id), 1));
    names.forEach((name, index) => {
      expect(read[index], name).toEqual(profiles[name].rows(meant).rows);
    });
  });

  it("SkyRL's reader makes prompts of its rows, leaves out those that are too long, and refuses rows without a prompt", () => {
    const file = at('skyrl/round_1.parquet');
    const meant = profiles.skyrl.rows(tasks.map((task) => swebenchRow(task, snapshotOf(task.task.repository_id), 1)));
    const [ours, other] = ask<[SkyrlRead, SkyrlRead]>(consumers, 'check_skyrl.py', file, at('sft/sft/round_1.parquet'));
    expect(ours.batch).toEqual(
      meant.rows.map(({ prompt, env_class, ...env_extras }, index) => ({
        prompt,
        env_class,
        env_extras,
        uid: String(index),
      })),
    );
    expect(ours.of_five_words).toBe(0);
    expect(other.refused).toMatch(/prompt/);
  });

  it('TRL takes chats for chats, and a text for none', () => {
    const questions = {
      'sft/sft/round_1.parquet': { messages: true, tools: false },
      'sft/preferences/round_1.parquet': { prompt: true, chosen: true, rejected: true },
      'trl/round_1.parquet': { prompt: true, eval_script: false },
    };
    const asked = Object.entries(questions).map(([file, columns]) => `${at(file)}=${Object.keys(columns)}`);
    expect(ask(consumers, 'check_datasets.py', 'chat', ...asked)).toEqual(Object.values(questions));
  });

  it('pyarrow reads sketches as lists of one size', () => {
    const columns = [
      { name: 'task_id', type: 'VARCHAR' },
      { name: 'sketch', type: 'FLOAT[]' },
      { name: 'count', type: 'BIGINT' },
    ];
    const rows = [
      { task_id: 'a', sketch: [0.5, -1], count: 3 },
      { task_id: 'è', sketch: [0.25, 2], count: null },
    ];
    writeFileSync(at('rows.arrow'), arrowFile(columns, rows));
    expect(ask(consumers, 'check_datasets.py', 'arrow', at('rows.arrow'))).toEqual({
      types: { task_id: 'string', sketch: 'fixed_size_list<item: float>[2]', count: 'int64' },
      rows,
    });
  });

  it('Harbor takes every trajectory, and refuses what is none', () => {
    const files = readdirSync(at('atif/trajectories')).map((name) => at('atif/trajectories', name));
    expect(ask<string[]>(consumers, 'check_datasets.py', 'atif', ...files)).toEqual(files.map(() => ''));
    const good = JSON.parse(readFileSync(files[0]!, 'utf8'));
    const wrong: [name: string, value: unknown, said: RegExp][] = [
      ['gap', { ...good, steps: [{ ...good.steps[0], step_id: 7 }] }, /expected 1/],
      ['unknown field', { ...good, colour: 'red' }, /Extra inputs/],
      ['call by a user', { ...good, steps: [{ ...good.steps[0], source: 'user', tool_calls: [] }] }, /only applicable/],
      ['foreign result', { ...good, steps: [orphan(good.steps[0])] }, /not found in/],
    ];
    const planted = wrong.map(([name, value]) => {
      writeFileSync(at(`${name}.json`), JSON.stringify(value));
      return at(`${name}.json`);
    });
    const said = ask<string[]>(consumers, 'check_datasets.py', 'atif', ...planted);
    for (const [index, [, , pattern]] of wrong.entries()) expect(said[index]).toMatch(pattern);
  });
});

const orphan = (step: object) => ({
  ...step,
  source: 'agent',
  observation: { results: [{ source_call_id: 'nobody', content: '' }] },
});
