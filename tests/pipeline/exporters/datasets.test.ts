import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, makeBundle } from '../../../pipeline/exporters/bundle.ts';
import { type CuratedTask, curate } from '../../../pipeline/exporters/curated.ts';
import { exportHub } from '../../../pipeline/exporters/hf.ts';
import { exportRl } from '../../../pipeline/exporters/rl/index.ts';
import { type ProfileName, profiles } from '../../../pipeline/exporters/rl/profiles.ts';
import { exportSft, sftProfiles } from '../../../pipeline/exporters/sft/index.ts';
import type { Message } from '../../../pipeline/exporters/sft/messages.ts';
import { type SwebenchRow, swebenchRow } from '../../../pipeline/exporters/swebench-row.ts';
import type { Warehouse } from '../../../pipeline/warehouse/store.ts';
import { curatedWarehouse } from '../../curated.ts';
import { exportSettings } from '../../export-settings.ts';
import { missingSandbox, openTiny, type TinyWorld } from '../../tiny.ts';

const missing = await missingSandbox();
describe.skipIf(missing !== null)('exported rows', () => {
  let world: TinyWorld;
  let store: Warehouse;
  let tasks: CuratedTask[];
  let options: {
    round: number;
    name: string;
    snapshotOf: Awaited<ReturnType<typeof exportSettings>>['harbor']['snapshotOf'];
  };
  beforeAll(async () => {
    world = await openTiny();
    store = await curatedWarehouse(world);
    tasks = await curate(store, 1, 'selected');
    options = { round: 1, name: 'socratic/tiny', snapshotOf: (await exportSettings(world)).harbor.snapshotOf };
  }, 120_000);
  afterAll(() => world?.close());

  const at = (...names: string[]) => join(world.folder, ...names);
  const rowOf = (task: CuratedTask): SwebenchRow => swebenchRow(task, options.snapshotOf(task.task.repository_id), 1);
  const parquet = (...names: string[]) => world.database.rows(`select * from read_parquet('${at(...names)}')`);
  const twice = async (name: string, fill: (bundle: Bundle) => Promise<unknown>) => {
    const once = () => makeBundle(name, at(name), async (bundle) => ({ counts: await fill(bundle) }));
    const [first, second] = [await once(), await once()];
    expect(second).toEqual(first);
    return second.about.counts;
  };

  it('for the Hub: rows, and what is trusted in configurations of its own', async () => {
    await twice('hf', (bundle) => exportHub(bundle, store, tasks, options));
    expect(readdirSync(at('hf')).sort()).toEqual(
      ['README.md', 'croissant.json', 'data', 'eval.yaml', 'manifest.json', 'provenance', 'skills'].sort(),
    );
    expect(await parquet('hf/data/round_1-00000-of-00001.parquet')).toEqual(tasks.map(rowOf));
    expect(await parquet('hf/skills/round_1-00000-of-00001.parquet')).toHaveLength(1);
    const steps = await parquet('hf/provenance/round_1-00000-of-00001.parquet');
    expect(steps.map((row) => row.task_id)).toEqual(tasks.map(({ task }) => task.task_id).sort());
    const [data] = await world.database.rows(
      `select decode(value) as features from parquet_kv_metadata('${at('hf/data/*.parquet')}') where decode(key) = 'huggingface'`,
    );
    expect(JSON.parse(String(data!.features)).info.features.round).toEqual({ dtype: 'int64', _type: 'Value' });
  });

  it.each(Object.keys(profiles) as ProfileName[])(
    'for a trainer, with a reward that tells right from wrong: %s',
    async (profile) => {
      const counts = await twice(profile, (bundle) => exportRl(bundle, store, tasks, { ...options, profile }));
      expect(counts).toEqual({ rollouts: 2 * tasks.length });
      const { kind } = profiles[profile];
      const rows =
        kind === 'parquet'
          ? await parquet(profile, `round_1.${kind}`)
          : readFileSync(at(profile, `round_1.${kind}`), 'utf8')
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line));
      expect(rows).toHaveLength(tasks.length);
      const logs = [log(tasks[0]!, true), log(tasks[0]!, false)];
      writeFileSync(at(profile, 'case.json'), JSON.stringify({ row: rows[0], logs }));
      const [right, wrong] = JSON.parse(
        execFileSync('python3', ['-c', `${judge}\nprint(json.dumps([${judges[profile]}]))`], {
          cwd: at(profile),
        }).toString(),
      );
      expect([right, wrong]).toEqual(expected[profile]);
    },
  );

  it('groups attempts by task and checkpoint, better than the group means more than 0', async () => {
    const rollouts = await parquet('verl/rollouts.parquet');
    for (const row of rollouts) {
      expect(row.group_id).toBe(`${row.task_id}/policy_1`);
      expect(Math.sign(Number(row.advantage_grpo))).toBe(row.outcome === 'resolved' ? 1 : -1);
      expect(Math.sign(Number(row.advantage_gdpo))).toBe(row.outcome === 'resolved' ? 1 : -1);
    }
    const names = Object.keys(rollouts[0]!).filter((name) => /repair|preservation/.test(name));
    expect(names).toEqual([...names].sort());
  });

  it.each(sftProfiles)('to imitate: %s', async (profile) => {
    const counts = await twice(profile === 'trl' ? 'sft' : profile, (bundle) =>
      exportSft(bundle, store, tasks, { round: 1, profile }),
    );
    expect(counts).toEqual(
      profile === 'trl' ? { demonstrations: tasks.length, preferences: tasks.length } : { traces: 2 * tasks.length },
    );
  });

  it('pairs every result with its call, and begins with what was asked', async () => {
    for (const row of await parquet('sft/sft/round_1.parquet')) {
      const messages = row.messages as Message[];
      expect(messages[0]!.role).toBe('user');
      const called = messages.flatMap((message) => message.tool_calls ?? []).map((call) => call.id);
      const answered = messages.filter(({ role }) => role === 'tool').map((message) => message.tool_call_id);
      expect(answered).toEqual(called);
      expect(called.length).toBe(2);
      expect(JSON.parse(String(row.tools)).map((tool: { function: { name: string } }) => tool.function.name)).toEqual([
        'run_tests',
        'submit',
      ]);
    }
  });

  it('prefers a repair to a failed attempt at the same task, and drops steps that repeat an earlier trace', async () => {
    for (const row of await parquet('sft/preferences/round_1.parquet')) {
      expect(row.chosen_trace_id).toBe(`trace_${row.task_id}_0`);
      expect(row.rejected_trace_id).toBe(`trace_${row.task_id}_1`);
      const texts = (row.rejected as Message[]).map((message) => message.content);
      expect(texts).toEqual(['Nothing worth handing in.']);
    }
  });

  it('numbers the steps of a trajectory anew and keeps the number they had', () => {
    const id = `trace_${tasks[0]!.task.task_id}_1`;
    const { steps } = JSON.parse(readFileSync(at('atif/trajectories', `${id}.json`), 'utf8'));
    expect(steps.map((step: any) => [step.step_id, step.extra.source_step_id])).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });
});

/** What an evaluation script prints when every test passes, or when the ones that must be mended do not. */
function log({ key }: CuratedTask, isFixed: boolean): string {
  const line = (id: string, index: number) =>
    `${isFixed || key.pass_to_pass.includes(id) ? 'ok' : 'not ok'} ${index + 1} ${id}`;
  const lines = [...key.fail_to_pass, ...key.pass_to_pass].map(line);
  return [`+ : '>>>>> Start Test Output'`, ...lines, `+ : '>>>>> End Test Output'`].join('\n');
}

const judge = `import json
from reward import *
case = json.load(open("case.json"))
row, logs = case["row"], case["logs"]`;

/** How each trainer would call its function. */
const judges: Record<ProfileName, string> = {
  verl: '*(compute_score(row["data_source"], log, row["reward_model"]["ground_truth"], row["extra_info"]) for log in logs)',
  skyrl: '*(skyrl_reward(row["reward_spec"], log) for log in logs)',
  nemo: '*(nemo_reward(row["responses_create_params"]["metadata"], log) for log in logs)',
  slime: '*(slime_reward(row["label"], log) for log in logs)',
  trl: '*trl_reward(logs, [row["fail_to_pass"]] * 2, [row["pass_to_pass"]] * 2, prompts=[row["prompt"]] * 2)',
};
const none = { full_repair: 0, partial_repair: 0, preservation: 0 };
const expected: Record<ProfileName, unknown[]> = {
  verl: [
    { score: 1, full_repair: 1, partial_repair: 1, preservation: 1 },
    { score: 0, ...none },
  ],
  skyrl: [1, 0],
  nemo: [
    { reward: 1, reward_components: { full_repair: 0.5, partial_repair: 0.3, preservation: 0.2 } },
    { reward: 0, reward_components: none },
  ],
  slime: [1, 0],
  trl: [1, 0],
};
