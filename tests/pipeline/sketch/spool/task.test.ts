import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { typescriptEngine } from '../../../../pipeline/sketch/engine.ts';
import { emptySketch, finishSketch, type Sketch } from '../../../../pipeline/sketch/sketch.ts';
import { coverageFault } from '../../../../pipeline/sketch/spool/coverage.ts';
import { rankFile, readyTasks, taskFolder } from '../../../../pipeline/sketch/spool/layout.ts';
import { sketchTask } from '../../../../pipeline/sketch/spool/sketch-task.ts';
import { safetensorsBytes, writeRank } from '../../../../pipeline/sketch/spool/write.ts';
import { engines } from '../engines.ts';
import { CKPT, gradient, halves, metadataOf, newFolder, place, spoolHalves, spoolWhole, valuesOf } from './fixtures.ts';

const spec = { seed: 5n, k: 512, s: 4 };
const projection = { spec, references: [], expected: { round: 2, ckpt: CKPT, grad_kind: 'sgd' as const } };
const folderOf = (spool: string, id: string): string => taskFolder(spool, place(id));
const engine = typescriptEngine();
const rowOf = (spool: string, id: string) => sketchTask(engine, folderOf(spool, id), projection, () => 0);

let spool: string;
beforeEach(() => {
  spool = newFolder('spool');
});

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (value, i) => value - b[i]!)) / Math.hypot(...Array.from(b));

describe('a spooled task', () => {
  test('in one file is the sketch of its tensors', async () => {
    await spoolWhole(spool, 'task_1/ä', gradient(1));
    const sketch = emptySketch(spec);
    engine.add(
      sketch,
      gradient(1).map(({ name, values }) => ({ name, values: values as Float32Array })),
    );
    const row = rowOf(spool, 'task_1/ä');
    expect(row).toMatchObject({
      status: 'complete',
      reason: null,
      task_id: 'task_1/ä',
      dimension: 9600,
      rank_count: 1,
      norm2: sketch.stats.norm2,
    });
    expect(row.sketch).toEqual([...finishSketch(sketch)]);
  });

  test('in row and column shards merges to the sketch of the whole', async () => {
    await spoolWhole(spool, 'whole', gradient(1));
    await spoolHalves(spool, 'cut', 1);
    const [whole, cut] = [rowOf(spool, 'whole'), rowOf(spool, 'cut')];
    expect(cut).toMatchObject({ status: 'complete', rank_count: 2, param_hash: whole.param_hash });
    expect(distance(cut.sketch, whole.sketch)).toBeLessThan(1e-6);
    expect(cut.norm2).toBeCloseTo(whole.norm2!, 9);
  });

  test('has the same row on every engine, byte for byte, references included', async () => {
    await spoolHalves(spool, 'cut', 1);
    const path = join(spool, 'reference.safetensors');
    writeFileSync(path, safetensorsBytes(gradient(9)));
    const totals = engines().map((each) => {
      const sketch: Sketch = emptySketch(spec);
      for (const rank of [0, 1]) each.addFile(sketch, join(folderOf(spool, 'cut'), rankFile(rank, 2)), [path]);
      return sketch;
    });
    for (const sketch of totals.slice(1)) expect(sketch).toEqual(totals[0]);
    const others = gradient(9).map(({ values }) => values as Float32Array);
    const exact = gradient(1).reduce(
      (sum, { values }, t) => (values as Float32Array).reduce((dot, value, i) => dot + value * others[t]![i]!, sum),
      0,
    );
    expect(totals[0]!.stats.dot[0]).toBeCloseTo(exact, 6);
  });

  test('is not ready before its last file is there', async () => {
    const bytes = safetensorsBytes(gradient(1), metadataOf('t', 0, 1));
    await writeRank(spool, place('t'), { rank: 0, world: 1, bytes }, 1e9);
    expect(readyTasks(spool)).toEqual([]);
  });

  test('of zeros, or with a NaN, has no gradient, and says why', async () => {
    await spoolWhole(spool, 'zero', [{ name: 'w', shape: [5000], values: new Float32Array(5000) }]);
    await spoolWhole(spool, 'nan', [{ name: 'w', shape: [2], values: Float32Array.of(1, Number.NaN) }]);
    await spoolWhole(spool, 'big', [{ name: 'w', shape: [131072], values: new Float32Array(131072).fill(3e38) }]);
    expect(rowOf(spool, 'zero')).toMatchObject({
      status: 'no_gradient',
      norm2: 0,
      sketch: [],
      reason: expect.stringContaining('zero'),
    });
    expect(rowOf(spool, 'nan')).toMatchObject({
      status: 'no_gradient',
      nonfinite_count: 1,
      sketch: [],
      cos_exact: null,
    });
    expect(rowOf(spool, 'big')).toMatchObject({ status: 'no_gradient', reason: expect.stringContaining('overflow') });
  });

  test('must leave room: a full spool takes nothing', async () => {
    await spoolWhole(spool, 't', gradient(1));
    const bytes = safetensorsBytes(gradient(2), metadataOf('u', 0, 1));
    expect(await writeRank(spool, place('u'), { rank: 0, world: 1, bytes }, 50_000)).toBe('full');
    expect(await writeRank(spool, place('u'), { rank: 0, world: 1, bytes }, 100_000)).toBe('written');
  });
});

describe('refused, with file and field, and nothing to score', () => {
  const refused = async (
    spoil: (folder: string) => unknown,
    says: RegExp,
    more?: (rank: number) => Record<string, string>,
  ) => {
    await spoolHalves(spool, 't', 1, more);
    await spoil(folderOf(spool, 't'));
    const row = rowOf(spool, 't');
    expect(row).toMatchObject({
      status: 'refused',
      task_id: 't',
      round: 2,
      norm2: null,
      cos_exact: null,
      cos_sketch: null,
      sketch: [],
    });
    expect(row.reason).toMatch(says);
  };
  const nothing = () => {};
  const [first, second] = [rankFile(0, 2), rankFile(1, 2)];
  const onSecond = (field: string, value: string) => (rank: number) => (rank === 1 ? { [field]: value } : {});
  const cutsOf =
    (change: (pieces: Record<string, Record<string, unknown>>, rank: number) => void) => (rank: number) => {
      const pieces = structuredClone(halves(1)[rank]!.pieces) as Record<string, Record<string, unknown>>;
      change(pieces, rank);
      return { pieces: JSON.stringify(pieces) };
    };
  const [A, B] = ['layers.0.lora_A.weight', 'layers.0.lora_B.weight'];

  test('a missing rank', () =>
    refused((folder) => rmSync(join(folder, second)), /rank=00001-of-00002.safetensors, file/));
  test('a rank too many', () =>
    refused((folder) => copyFileSync(join(folder, first), join(folder, rankFile(2, 3))), /rank=00002-of-00003/));
  test('ranks in each other’s place', () =>
    refused((folder) => {
      renameSync(join(folder, first), join(folder, 'x'));
      renameSync(join(folder, second), join(folder, first));
      renameSync(join(folder, 'x'), join(folder, second));
    }, /00000-of-00002.safetensors, rank\n {2}expected: 0\n {2}found: 1/));
  test('a file of no known name', () =>
    refused((folder) => writeFileSync(join(folder, 'notes.txt'), ''), /notes.txt, file name/));
  test.each([8, 100, 5000, 20_000])('a file cut off after %i bytes', (bytes) =>
    refused((folder) => truncateSync(join(folder, second), bytes), /rank=00001-of-00002.safetensors, (header|data)/),
  );
  test('an empty file', () =>
    refused((folder) => truncateSync(join(folder, first), 0), /00000-of-00002.safetensors, header length/));
  test('bytes after the end', () =>
    refused(
      (folder) =>
        writeFileSync(join(folder, first), Buffer.concat([readFileSync(join(folder, first)), Buffer.alloc(4)])),
      /data/,
    ));
  test('a header that is no JSON', () =>
    refused((folder) => writeFileSync(join(folder, first), Buffer.from('\x04\0\0\0\0\0\0\0{{{{')), /header/));
  test('a done marker that lies', () =>
    refused(
      (folder) => writeFileSync(join(folder, '_DONE.json'), '{"ranks":2,"expected_numel":9601}'),
      /_DONE.json, expected_numel/,
    ));
  test('a done marker that is none', () =>
    refused((folder) => writeFileSync(join(folder, '_DONE.json'), 'yes'), /_DONE.json/));

  test.each([
    ['ckpt', 'd'.repeat(64)],
    ['grad_kind', 'adam'],
    ['loss', 'nll_mean'],
    ['task_id', 'u'],
    ['round', '3'],
    ['n_rollouts', '4'],
    ['precond_id', 'x'],
    ['reduction', 'mean_tokens'],
    ['param_filter', 'all'],
    ['world', '3'],
  ])('ranks that differ in %s', (field, value) =>
    refused(nothing, new RegExp(`00001-of-00002.safetensors, ${field}\n`), onSecond(field, value)),
  );

  test.each([
    ['ckpt', 'e'.repeat(64)],
    ['grad_kind', 'adam'],
    ['round', '3'],
  ])('all ranks of another %s than the round’s', (field, value) =>
    refused(nothing, new RegExp(`00000-of-00002.safetensors, ${field}\n`), () => ({ [field]: value })),
  );

  test.each([
    ['sk.contract', 'socratic-grad/2'],
    ['ckpt', 'abc'],
    ['n_tokens', '-1'],
    ['loss_value', 'low'],
    ['split', 'test'],
    ['surprise', '1'],
  ])('metadata with a wrong %s', (field, value) =>
    refused(nothing, new RegExp(`__metadata__.${field.replace('.', '\\.')}`), onSecond(field, value)),
  );

  test('a gap', () =>
    refused(
      nothing,
      /lora_A.weight'\n.*\n {2}found: gap: elements 2100 to 2399/,
      cutsOf((p, rank) => {
        if (rank === 1) p[A]!.offset = 2400;
        p[A]!.full_shape = [17, 300];
      }),
    ));
  test('an overlap', () =>
    refused(
      nothing,
      /overlap: elements from 1800/,
      cutsOf((p, rank) => {
        if (rank === 1) p[A]!.offset = 1800;
      }),
    ));
  test('columns that overlap', () =>
    refused(
      nothing,
      /lora_B.weight'\n.*\n.*overlap: elements from 4/,
      cutsOf((p, rank) => {
        if (rank === 1) p[B]!.offset = 4;
      }),
    ));
  test('shapes that differ', () =>
    refused(
      nothing,
      /full_shape differs/,
      cutsOf((p, rank) => {
        if (rank === 1) p[A]!.full_shape = [32, 300];
      }),
    ));
  test('a piece outside its tensor', () =>
    refused(
      nothing,
      /pieces\['layers.0.lora_A.weight'\].offset/,
      cutsOf((p, rank) => {
        if (rank === 1) p[A]!.offset = 2101;
      }),
    ));
  test('rows closer than they are long', () =>
    refused(
      nothing,
      /row_stride/,
      cutsOf((p, rank) => {
        if (rank === 1) p[B]!.row_stride = 10;
      }),
    ));
  test('a cut of a tensor that is not there', () =>
    refused(
      nothing,
      /pieces\['ghost'\]/,
      cutsOf((p, rank) => {
        if (rank === 1) p.ghost = { full_shape: [1] };
      }),
    ));

  test('another dtype', async () => {
    const bytes = safetensorsBytes([{ name: 'w', shape: [4], values: new Float64Array(4) }], metadataOf('t', 0, 1));
    await writeRank(spool, place('t'), { rank: 0, world: 1, bytes }, 1e9);
    writeFileSync(join(folderOf(spool, 't'), '_DONE.json'), '{"ranks":1,"expected_numel":4}');
    expect(rowOf(spool, 't').reason).toMatch(/tensor 'w'.dtype\n {2}expected: F32, BF16 or F16\n {2}found: F64/);
  });
});

describe('the engines refuse the same files', () => {
  const bad: [string, (bytes: Buffer) => Buffer][] = [
    ['cut off', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['too long', (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
    ['an empty file', () => Buffer.alloc(0)],
    [
      'a header longer than the file',
      (bytes) => Buffer.concat([Buffer.from([255, 255, 255, 0, 0, 0, 0, 0]), bytes.subarray(8)]),
    ],
    [
      'no JSON',
      (bytes) => {
        bytes[8] = 0x5b;
        return bytes;
      },
    ],
    ['an unknown dtype', (bytes) => Buffer.from(bytes.toString('latin1').replace('F32', 'I32'), 'latin1')],
    [
      'a shape that does not fit',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('"shape":[16,300]', '"shape":[17,300]'), 'latin1'),
    ],
    [
      'overlapping tensors',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('[19200,38400]', '[19196,38396]'), 'latin1'),
    ],
    [
      'pieces that are no JSON',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('{\\"layers', '[\\"layers'), 'latin1'),
    ],
    [
      'another contract',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('socratic-grad/1', 'socratic-grad/7'), 'latin1'),
    ],
  ];
  test.each(bad)('%s', (_, spoil) => {
    const pieces = JSON.stringify({ 'layers.0.lora_A.weight': { offset: 0, full_shape: [16, 300] } });
    const path = join(spool, 'bad.safetensors');
    writeFileSync(path, spoil(safetensorsBytes(gradient(1), metadataOf('t', 0, 1, { pieces }))));
    for (const each of engines()) {
      const sketch = emptySketch(spec);
      expect(() => each.addFile(sketch, path), each.isa).toThrow(/bad.safetensors/);
      expect(sketch, each.isa).toEqual(emptySketch(spec));
    }
  });

  test('a reference that lacks a tensor', () => {
    const [path, other] = [join(spool, 'a.safetensors'), join(spool, 'b.safetensors')];
    writeFileSync(path, safetensorsBytes(gradient(1)));
    writeFileSync(other, safetensorsBytes(gradient(1).slice(1)));
    for (const each of engines())
      expect(() => each.addFile(emptySketch(spec), path, [other]), each.isa).toThrow(/b.safetensors.*lora_A/);
  });
});

test('coverage: shards of every kind', () => {
  const cover = (offset: number, count: number, length = count, stride = count) => ({
    name: 'w',
    full: 100,
    offset,
    count,
    length,
    stride,
  });
  expect(coverageFault([cover(0, 100)])).toBeNull();
  expect(coverageFault([cover(60, 40), cover(0, 60)])).toBeNull();
  expect(coverageFault([cover(0, 50)])).toMatch(/gap: elements 50 to 99/);
  expect(coverageFault([cover(0, 50, 5, 10), cover(5, 50, 5, 10)])).toBeNull();
  expect(coverageFault([cover(0, 50, 5, 10), cover(4, 50, 5, 10)])).toMatch(/overlap/);
  expect(coverageFault([cover(0, 30, 5, 10), cover(5, 30, 5, 10), cover(60, 40)])).toBeNull();
  expect(coverageFault([{ ...cover(0, 0), full: 0, length: 1, stride: 1 }])).toBeNull();
  expect(valuesOf(1, 1)).toHaveLength(1);
});
