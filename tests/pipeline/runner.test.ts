import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { explainDifference, type RunOptions, runStage, stateOf } from '../../pipeline/runner.ts';
import { current, defineStage, previous, type Stage } from '../../pipeline/stage.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { count, defineTable, duration, id } from '../../schemas/table.ts';

const Numbers = defineTable('numbers', {
  doc: 'Numbers.',
  key: ['number_id'],
  columns: { number_id: id('Name.'), value: count('Value.'), wall_ms: duration('Time.') },
});
const Doubles = defineTable('doubles', {
  doc: 'Twice.',
  key: ['number_id'],
  columns: { number_id: id('Name.'), value: count('Value.') },
});

let calls = 0;
const seedNumbers = defineStage({
  name: 'seed_numbers',
  version: 1,
  reads: {},
  writes: { numbers: Numbers },
  params: z.object({ value: z.int() }),
  ports: [],
  run: (_, { params }) => ({ tables: { numbers: [{ number_id: 'a', value: params.value, wall_ms: ++calls }] } }),
});
const double = defineStage({
  name: 'double',
  version: 1,
  reads: { numbers: current(Numbers) },
  writes: { doubles: Doubles },
  params: z.object({ repeat: z.int().default(1) }),
  ports: ['judge'],
  run({ numbers }, { params }) {
    calls++;
    const rows = numbers.map(({ number_id, value }) => ({ number_id, value: value * 2 }));
    return { tables: { doubles: Array.from({ length: params.repeat }, () => rows).flat() }, dropped: { odd: 1 } };
  },
});

let folder: string;
let store: Warehouse;
let database: Database;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-'));
  database = await Database.open();
  store = new Warehouse(folder, database);
  calls = 0;
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true, force: true });
});

const options = (params: unknown, extra: Partial<RunOptions> = {}): RunOptions => ({
  store,
  round: 1,
  seed: 'seed',
  params,
  ports: { judge: { id: 'judge/1' } },
  progress: () => {},
  clock: { wall: () => 0, cpu: () => 0 },
  ...extra,
});
const run = async (stage: Stage, params: unknown = {}, extra: Partial<RunOptions> = {}) =>
  (await runStage(stage, options(params, extra))).status;

describe('runStage', () => {
  it('gives a stage chances that hang on seed, round and stage, not on what it reads', async () => {
    const drawn: number[] = [];
    const draw = defineStage({
      ...double,
      run(inputs, context) {
        drawn.push(context.random());
        return double.run(inputs, context);
      },
    });
    await run(seedNumbers, { value: 1 });
    await run(draw);
    await run(seedNumbers, { value: 2 });
    await run(draw);
    await run(draw, {}, { ports: { judge: { id: 'judge/2' } } });
    expect(new Set(drawn)).toEqual(new Set([drawn[0]]));
    await run(draw, {}, { seed: 'other' });
    await run({ ...draw, name: 'draw' });
    expect(drawn).toHaveLength(5);
    expect(new Set(drawn).size).toBe(3);
  });

  it('skips when nothing changed, and reruns after each thing that may change the output', async () => {
    await run(seedNumbers, { value: 3 });
    expect(await run(double)).toBe('ran');
    expect(await run(double)).toBe('fresh');
    expect(await run(double, { repeat: 1 })).toBe('fresh');
    expect(await run(double, {}, { seed: 'other' })).toBe('ran');
    expect(await run(double, {}, { seed: 'other', ports: { judge: { id: 'judge/2' } } })).toBe('ran');
    expect(await run({ ...double, version: 2 })).toBe('ran');
    await run(seedNumbers, { value: 4 });
    expect(await run({ ...double, version: 2 })).toBe('ran');
  });

  it('does not rerun what follows when only a timing changed', async () => {
    await run(seedNumbers, { value: 3 });
    await run(double);
    await run({ ...seedNumbers, version: 2 }, { value: 3 });
    expect(await run(double)).toBe('fresh');
  });

  it('records nothing before what the rows rest on is there', async () => {
    const before: unknown[] = [];
    const beforeCommit = async () => void before.push(await store.manifest(1, 'seed_numbers'));
    await run(seedNumbers, { value: 3 }, { beforeCommit });
    expect(before).toEqual([null]);
    expect(await run(seedNumbers, { value: 3 }, { beforeCommit })).toBe('fresh');
    expect(before).toHaveLength(1);
    const full = () => Promise.reject(new Error('no room'));
    await expect(run(seedNumbers, { value: 4 }, { beforeCommit: full })).rejects.toThrow('no room');
    expect(await store.read(Numbers, 1)).toEqual([{ number_id: 'a', value: 3, wall_ms: 1 }]);
  });

  it('reruns after a part was damaged or lost', async () => {
    await run(seedNumbers, { value: 3 });
    await run(double);
    const parts = join(folder, 'doubles/round=1');
    const [part] = await readdir(parts);
    await truncate(join(parts, part!), 10);
    expect(await stateOf(double, options({}))).toBe('damaged');
    expect(await run(double)).toBe('ran');
    await rm(join(parts, part!));
    expect(await run(double)).toBe('ran');
    expect(await store.read(Doubles, 1)).toEqual([{ number_id: 'a', value: 6 }]);
  });

  it('keeps the old table when new rows break its key', async () => {
    await run(seedNumbers, { value: 3 });
    await run(double);
    await expect(run(double, { repeat: 2 })).rejects.toThrow('double wrote two rows of doubles with key ["a"]');
    expect(await store.read(Doubles, 1)).toEqual([{ number_id: 'a', value: 6 }]);
  });

  it('says which round to run first', async () => {
    const late = { ...double, reads: { numbers: previous(Numbers) } };
    await expect(run(late as Stage, {}, { round: 3 })).rejects.toThrow(
      /table numbers of round 2[\s\S]*make round N=2 first/,
    );
  });

  it('refuses a damaged input with its place and the way out', async () => {
    await run(seedNumbers, { value: 3 });
    const [part] = await readdir(join(folder, 'numbers/round=1'));
    await writeFile(join(folder, 'numbers/round=1', part!), 'garbage');
    await expect(run(double)).rejects.toThrow(/numbers\/round=1\/[\s\S]*recorded[\s\S]*run make round N=1 again/);
  });

  it('ignores files that no manifest names', async () => {
    await run(seedNumbers, { value: 3 });
    await writeFile(join(folder, 'numbers/round=1/stray.parquet'), 'half a file');
    expect(await store.read(Numbers, 1)).toHaveLength(1);
  });

  it('refuses a row that does not match its table and writes nothing', async () => {
    const bad = { ...seedNumbers, run: () => ({ tables: { numbers: [{ number_id: '', value: -1, wall_ms: 0 }] } }) };
    await expect(run(bad, { value: 3 })).rejects.toThrow(/numbers row 0[\s\S]*number_id[\s\S]*value/);
    expect(await store.digest(Numbers, 1)).toBeNull();
  });
});

describe('explainDifference', () => {
  it('names what changed', async () => {
    await run(seedNumbers, { value: 3 });
    const { manifest } = await runStage(double, options({}));
    const now = { ...manifest.ingredients, ports: { judge: 'judge/2' }, version: 7 };
    expect(explainDifference(manifest.ingredients, now)).toEqual([
      'ports.judge: "judge/1" -> "judge/2"',
      'version: 1 -> 7',
    ]);
  });
});
