import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { typescriptEngine } from '../../../pipeline/sketch/engine.ts';
import { DTYPES, dtypeOf, half, type Numbers, rawOf } from '../../../pipeline/sketch/floats.ts';
import { fmix32, nameHash } from '../../../pipeline/sketch/mixing.ts';
import type { Piece } from '../../../pipeline/sketch/piece.ts';
import { emptySketch } from '../../../pipeline/sketch/sketch.ts';
import { LEGAL_SHAPES, SEGMENT, type SketchSpec, TILE } from '../../../pipeline/sketch/spec.ts';
import { emulated, emulatedBuilt } from './emulated.ts';
import { GOLDEN_NAME, GOLDEN_SEED, GOLDENS, goldenInput, hashTotals } from './golden.ts';

const PieceType = koffi.struct({
  ptr: 'const void *',
  name_hash: 'uint64_t',
  offset: 'uint64_t',
  count: 'uint64_t',
  row_len: 'uint64_t',
  row_stride: 'uint64_t',
  dtype: 'uint32_t',
  device: 'uint32_t',
});
const CfgType = koffi.struct({
  abi: 'uint32_t',
  algo: 'uint32_t',
  seed: 'uint64_t',
  k: 'uint32_t',
  s: 'uint32_t',
  threads: 'uint32_t',
  isa: 'uint32_t',
});

function bind() {
  const library = koffi.load(emulated);
  return {
    open: library.func('sk_open', 'int', [koffi.pointer(CfgType), koffi.out(koffi.pointer('void *'))]),
    close: library.func('int sk_close(void *ctx)'),
    workspace: library.func('sk_cuda_workspace', 'int', [
      'void *',
      koffi.pointer(PieceType),
      'size_t',
      koffi.out(koffi.pointer('uint64_t')),
    ]),
    add: library.func('sk_cuda_add', 'int', [
      'void *',
      'double *',
      'void *',
      koffi.pointer(PieceType),
      'size_t',
      'void *',
    ]),
    lastError: library.func('const char *sk_last_error()'),
  };
}

function emulate({ seed, k, s }: SketchSpec, pieces: readonly Piece[], device = 1): Float64Array {
  const library = bind();
  const context: [unknown] = [null];
  library.open({ abi: 1, algo: 1, seed, k, s, threads: 1, isa: 0 }, context);
  const structs = pieces.map(({ name, values, offset = 0, rows }) => ({
    ptr: rawOf(values),
    name_hash: nameHash(name),
    offset,
    count: values.length,
    row_len: rows?.length ?? 0,
    row_stride: rows?.stride ?? 0,
    dtype: DTYPES.indexOf(dtypeOf(values)),
    device,
  }));
  const bytes: [number] = [0];
  library.workspace(context[0], structs, structs.length, bytes);
  const totals = new Float64Array(k);
  const code = library.add(context[0], totals, new Uint8Array(Number(bytes[0])), structs, structs.length, null);
  library.close(context[0]);
  if (code !== 0) throw new Error(library.lastError());
  return totals;
}

function reference(spec: SketchSpec, pieces: readonly Piece[]): Float64Array {
  const sketch = emptySketch(spec);
  typescriptEngine().add(sketch, pieces);
  return sketch.totals;
}

const numbers = (dtype: string, n: number, seed: number): Numbers => {
  const word = (i: number): number => fmix32(i ^ (seed * 7919));
  if (dtype === 'fp32') return Float32Array.from({ length: n }, (_, i) => word(i) / 2 ** 30 - 1.5);
  if (dtype === 'wild') return new Float32Array(Uint32Array.from({ length: n }, (_, i) => word(i)).buffer);
  return half(
    dtype as 'bf16',
    Uint16Array.from({ length: n }, (_, i) => word(i)),
  );
};

const allDtypes = ['fp32', 'wild', 'bf16', 'fp16'];

describe.skipIf(!emulatedBuilt)('the CUDA kernel, emulated', () => {
  test.each(GOLDENS)('golden k=$k s=$s', ({ k, s, sha }) => {
    expect(hashTotals(emulate({ seed: GOLDEN_SEED, k, s }, [{ name: GOLDEN_NAME, values: goldenInput() }]))).toBe(sha);
  });

  test.each(LEGAL_SHAPES)('k=$k s=$s has the bits of the reference in every dtype', ({ k, s }) => {
    for (const dtype of allDtypes) {
      const pieces = [{ name: 'w', values: numbers(dtype, 6 * TILE + 10, k + s), offset: SEGMENT - 2 * TILE - 3 }];
      expect(hashTotals(emulate({ seed: 3n, k, s }, pieces)), dtype).toBe(
        hashTotals(reference({ seed: 3n, k, s }, pieces)),
      );
    }
  });

  test.each([0, 1, 2])('whatever order threads run in (%i): no barrier or wait is missing', (order) => {
    process.env.SK_EMULATE_ORDER = String(order);
    const spec = { seed: 4n, k: 1024, s: 4 };
    const pieces = allDtypes.flatMap((dtype, i) => [
      { name: dtype, values: numbers(dtype, 40 * TILE, i) },
      { name: `${dtype}.odd`, values: numbers(dtype, 5 * TILE + 1, i), offset: 3 },
    ]);
    expect(hashTotals(emulate(spec, pieces))).toBe(hashTotals(reference(spec, pieces)));
    delete process.env.SK_EMULATE_ORDER;
  });

  test('column shards, far offsets, empty pieces, more parts than one window', () => {
    const spec = { seed: 5n, k: 512, s: 4 };
    const pieces: Piece[] = [
      { name: 'columns', values: numbers('bf16', 70 * 90, 1), offset: 130, rows: { length: 70, stride: 300 } },
      { name: 'far', values: numbers('fp16', 5000, 2), offset: 2 ** 40 - 9 },
      { name: 'empty', values: new Float32Array(0) },
      { name: 'thin', values: numbers('fp32', 20, 3), rows: { length: 1, stride: SEGMENT } },
    ];
    expect(hashTotals(emulate(spec, pieces))).toBe(hashTotals(reference(spec, pieces)));
  });

  test('refuses host memory and misaligned values', () => {
    const spec = { seed: 5n, k: 512, s: 4 };
    expect(() => emulate(spec, [{ name: 'w', values: new Float32Array(4) }], 0)).toThrow(/device memory/);
    expect(() => emulate(spec, [{ name: 'w', values: new Float32Array(4), rows: { length: 2, stride: 1 } }])).toThrow(
      /row_stride/,
    );
  });
});
