import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrowFile } from '../../../pipeline/exporters/arrow.ts';
import { makeBundle } from '../../../pipeline/exporters/bundle.ts';
import { exportTable, type TableProfile, tableProfiles } from '../../../pipeline/exporters/table.ts';
import { Database } from '../../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../../pipeline/warehouse/store.ts';
import { Selections, Sketches } from '../../../schemas/scores.ts';
import { commit, rowOf } from '../../curated.ts';

let folder: string;
let store: Warehouse;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'table-'));
  store = new Warehouse(join(folder, 'warehouse'), await Database.open({ threads: 1 }));
  const selection = (task_id: string, rank: number) =>
    rowOf(Selections, { task_id, rank, policy: 'cos', value: 0.5, bucket: 'b "quoted", \n', reason: '' });
  for (const round of [1, 2])
    await commit(store, round, 'select', [[Selections, [selection('task_2', 1), selection('task_1', 2)]]]);
  await commit(store, 1, 'score', [[Sketches, ['a', 'b'].map(sketch)]]);
});
afterAll(async () => {
  store.database.close();
  await rm(folder, { recursive: true, force: true });
});

const sketch = (task_id: string, index: number) =>
  rowOf(Sketches, {
    ...{ task_id, policy_id: 'p', projector_id: 'tps', split: 'candidate', loss: 'gdpo', dimension: 9, k: 4, s: 1 },
    ...{ rollout_count: 2, pass_rate: 0.5, partial_rate: 0.5, reward_variance: 0.1, norm2: 1, wall_ms: 0 },
    sketch: [index, 0.5, -1, 0],
  });

const exported = (query: string, profile: TableProfile, name = 'out') =>
  makeBundle('table', join(folder, name), (bundle) => exportTable(bundle, store, { query, round: 1, profile }));
const text = (profile: TableProfile) => readFile(join(folder, 'out', `rows.${profile}`), 'utf8');

describe('a table', () => {
  it.each(tableProfiles)('leaves as %s, the same bytes each time', async (profile) => {
    const [first, second] = [await exported('selections', profile), await exported('selections', profile)];
    expect(first.about).toEqual({ rows: 2 });
    expect(second.digest).toBe(first.digest);
  });

  it('has the rows of its round in the order of its key', async () => {
    await exported('selections', 'jsonl');
    const rows = (await text('jsonl'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ round, task_id }) => [round, task_id])).toEqual([
      [1, 'task_1'],
      [1, 'task_2'],
    ]);
    await exported('selections', 'csv');
    expect(await text('csv')).toMatch(
      /^round,task_id,rank,policy,value,bucket,reason\n1,task_1,2,cos,0\.5,"b ""quoted"", \n"/,
    );
  });

  it('as Arrow has sketches as lists of one size', async () => {
    await exported('select task_id, k, sketch, pass_rate, zero_reason from sketches order by task_id', 'arrow');
    const table = tableFromIPC(await readFile(join(folder, 'out/rows.arrow')));
    expect(table.schema.fields.map((field) => `${field.name} ${field.type}`)).toEqual([
      ...['task_id Utf8', 'k Int32', 'sketch FixedSizeList[4]<Float32>', 'pass_rate Float64', 'zero_reason Utf8'],
    ]);
    expect([...table.getChild('sketch')!.get(1)]).toEqual([1, 0.5, -1, 0]);
    expect(table.getChild('zero_reason')!.get(0)).toBeNull();
  });

  it('as Arrow: whole numbers of 64 bits, lists of texts, lists of several sizes', () => {
    const columns = [
      { name: 'n', type: 'BIGINT' },
      { name: 'names', type: 'VARCHAR[]' },
      { name: 'values', type: 'FLOAT[]' },
    ];
    const rows = [
      { n: 2 ** 40, names: ['a', 'è'], values: [1] },
      { n: null, names: [], values: [1, 2] },
    ];
    const table = tableFromIPC(arrowFile(columns, rows));
    expect(table.schema.fields.map((field) => String(field.type))).toEqual(['Int64', 'List<Utf8>', 'List<Float32>']);
    expect(table.getChild('n')!.toArray()[0]).toBe(2n ** 40n);
    expect([...table.getChild('names')!.get(0)]).toEqual(['a', 'è']);
  });

  it.each([
    ['no_such_table', 'csv', /--query\n.*a table, a mart.*\n {2}found: .*no_such_table does not exist/],
    ['drop view selections', 'csv', /found: only queries that read/],
    [
      "select {'a': 1} as pair",
      'arrow',
      /column pair\n {2}expected: one of VARCHAR.*\n {2}found: STRUCT.*\n {2}fix: cast it/,
    ],
  ] as const)('%s is refused', async (query, profile, said) => {
    await expect(exported(query, profile, 'refused')).rejects.toThrow(said);
  });
});
