import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { Selections } from '../../schemas/scores.ts';
import { AnswerKeys, Tasks } from '../../schemas/tasks.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import { commit, rowOf } from '../curated.ts';
import { socratic } from './run.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'export-'));
  for (const name of ['none', 'unselected', 'keyless', 'corrupt']) await plant(name);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const task_id = 'task_1';
const task = rowOf(Tasks, {
  task_id,
  repository_id: 'repo_1',
  language: 'python',
  split: 'train',
  problem_statement: 'p',
  test_command: 't',
  failing_tests: [],
  broken_tree_digest: 'd',
});
const selection = rowOf(Selections, { task_id, rank: 1, policy: 'cos', value: 1, bucket: 'b', reason: 'r' });

async function plant(name: string): Promise<void> {
  const database = await Database.open({ threads: 1 });
  const store = new Warehouse(join(at(name), 'warehouse'), database);
  if (name !== 'none') {
    await commit(store, 1, 'generate', [
      [Tasks, [task]],
      [AnswerKeys, []],
    ]);
    await commit(store, 1, 'validate', [[Verdicts, []]]);
    const made = await commit(store, 1, 'select', [[Selections, name === 'unselected' ? [] : [selection]]]);
    if (name === 'corrupt') await writeFile(join(store.root, made.outputs.selections!.files[0]!.path), 'cut');
  }
  database.close();
}

describe('what cannot be exported', () => {
  const cases: [place: string, argv: string[], said: RegExp][] = [
    [
      'none',
      [],
      /round 1\n {2}expected: its stage select finished\n {2}found: no stage of round 1 has; .*none\n {2}fix: run make round N=1 first/,
    ],
    ['unselected', [], /round 1\n {2}expected: at least one selected task\n {2}found: none\n {2}fix: .*--tasks valid/],
    ['unselected', ['--tasks', 'valid'], /expected: at least one valid task/],
    [
      'keyless',
      [],
      /table answer_keys of round 1\n {2}expected: a row for task_1\n {2}found: none\n {2}fix: run make round N=1 again/,
    ],
    ['corrupt', [], /selections\/round=1\/.*\n.*its manifest recorded.*\n {2}found: sha256/],
  ];
  it.each(cases)('%s %j', async (place, argv, said) => {
    const settings = ['--set', `data=${at(place)}`];
    const ran = await socratic(['export', 'harbor', '--round', '1', '-o', at('out'), ...argv, ...settings]);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.log).toMatch(said);
    expect(existsSync(at('out'))).toBe(false);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it.each([
    [['export', 'harbour', '--round', '1', '-o', 'x'], /kind: .*"harbor"/],
    [['export', 'harbor', '-o', 'x'], /--round/],
    [['export', 'harbor', '--round', '1'], /--out/],
    [['export', 'swebench', '--profile', 'swesmit', '--round', '1', '-o', 'x'], /did you mean --profile swesmith\?/],
    [['export', 'harbor', '--profile', 'x', '--round', '1', '-o', 'x'], /--profile\n {2}expected: one of harbor/],
    [['export', 'table', '--round', '1', '-o', 'x'], /expected: --query/],
  ])('%j', async (argv, said) => {
    const ran = await socratic([...argv, '--set', `data=${at('none')}`]);
    expect(ran.code).toBe(2);
    expect(ran.log).toMatch(said);
    expect(existsSync('x')).toBe(false);
  });

  it.each([
    ["select * from read_text('/etc/hostname')", /Permission Error/],
    ["copy (select 1) to 'x.csv'", /Permission Error/],
    ['drop view tasks', /only queries that read/],
  ])('a query that leaves the warehouse: %s', async (query, said) => {
    const settings = ['--set', `data=${at('keyless')}`];
    const ran = await socratic(['export', 'table', '--round', '1', '-o', at('out'), '--query', query, ...settings]);
    expect([ran.code, existsSync(at('out'))]).toEqual([2, false]);
    expect(ran.log).toMatch(said);
  });
});

describe('what is exported', () => {
  it('says where it lies and what it is', async () => {
    const argv = ['export', 'table', '--round', '1', '-o', at('table'), '--query', 'tasks', '--profile', 'csv'];
    const settings = ['--set', `data=${at('keyless')}`];
    const ran = await socratic([...argv, ...settings]);
    expect(ran).toMatchObject({ code: 0, log: '' });
    expect(ran.out).toMatch(/table {3}round 1, profile csv, query tasks, rows 1\nsha256 [0-9a-f]{64}$/);
    expect((await readdir(at('table'))).sort()).toEqual(['manifest.json', 'rows.csv']);
    const again = JSON.parse((await socratic([...argv, ...settings, '--json'])).out);
    expect(ran.out).toContain(again.digest);
  });
});
