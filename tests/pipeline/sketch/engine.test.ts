import { statSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../pipeline/hash.ts';
import { typescriptEngine } from '../../../pipeline/sketch/engine.ts';
import { half, type Numbers } from '../../../pipeline/sketch/floats.ts';
import { loadSketchEngine } from '../../../pipeline/sketch/load.ts';
import { fmix32, nameHash, tensorKey } from '../../../pipeline/sketch/mixing.ts';
import { nativeEngine, nativeInfo } from '../../../pipeline/sketch/native.ts';
import type { Piece } from '../../../pipeline/sketch/piece.ts';
import { emptySketch, finishSketch, type Sketch } from '../../../pipeline/sketch/sketch.ts';
import { LEGAL_SHAPES, SEGMENT, type SketchSpec, TILE } from '../../../pipeline/sketch/spec.ts';
import { buildWasm } from '../../../pipeline/sketch/wasm/build.ts';
import { wasmBytes } from '../../../pipeline/sketch/wasm/kernel.ts';
import { engines, fastEngines, library } from './engines.ts';
import { GOLDEN_KEY, GOLDEN_NAME, GOLDEN_SEED, GOLDENS, goldenInput, hashTotals } from './golden.ts';

const all = engines().map((engine) => ({ isa: engine.isa, engine }));
const fast = fastEngines().map((engine) => ({ isa: engine.isa, engine }));
const reference = typescriptEngine();

const spec: SketchSpec = { seed: 42n, k: 512, s: 4 };
const bytesOf = (sketch: Sketch): string => {
  const { norm2, absmax, n, zeros, nonfinite, dot } = sketch.stats;
  const facts = Float64Array.of(norm2, absmax, n, zeros, nonfinite, ...dot).map((value) =>
    Number.isNaN(value) ? Number.NaN : value,
  );
  return [sketch.totals, facts, finishSketch(sketch)].map((array) => sha256(new Uint8Array(array.buffer))).join(' ');
};
const run = (
  engine: { add(sketch: Sketch, pieces: readonly Piece[]): void },
  matrix: SketchSpec,
  ...pieces: Piece[]
): string => {
  const sketch = emptySketch(matrix);
  engine.add(sketch, pieces);
  return bytesOf(sketch);
};

/** Any bits at all: denormals, infinities and NaNs come up in every few hundred values. */
const wild = (n: number, seed: number): Float32Array =>
  new Float32Array(Uint32Array.from({ length: n }, (_, i) => fmix32(i ^ (seed * 7919))).buffer);
const tame = (n: number, seed: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => fmix32(i ^ (seed * 7919)) / 2 ** 30 - 1.5);
const halves = (dtype: 'bf16' | 'fp16', n: number, seed: number): Numbers =>
  half(
    dtype,
    Uint16Array.from({ length: n }, (_, i) => fmix32(i ^ (seed * 7919))),
  );

const numbers = (dtype: string, n: number, seed: number): Numbers =>
  dtype === 'wild' ? wild(n, seed) : dtype === 'fp32' ? tame(n, seed) : halves(dtype as 'bf16', n, seed);

test('the golden seed and name give the golden key', () => {
  expect(tensorKey(GOLDEN_SEED, nameHash(GOLDEN_NAME))).toEqual(GOLDEN_KEY);
});

describe.each(all)('$isa', ({ engine }) => {
  test.each(GOLDENS)('golden k=$k s=$s', ({ k, s, sha }) => {
    const sketch = emptySketch({ seed: GOLDEN_SEED, k, s });
    engine.add(sketch, [{ name: GOLDEN_NAME, values: goldenInput() }]);
    expect(hashTotals(sketch.totals)).toBe(sha);
  });
});

describe.each(fast)('$isa has the bits of the reference', ({ engine }) => {
  test.each(LEGAL_SHAPES)('k=$k s=$s, every dtype, any bits', ({ k, s }) => {
    const matrix = { seed: 7n, k, s };
    for (const dtype of ['fp32', 'wild', 'bf16', 'fp16']) {
      const piece = { name: 'w', values: numbers(dtype, 2 * TILE + 77, k + s), offset: SEGMENT - TILE - 5 };
      expect(run(engine, matrix, piece), dtype).toBe(run(reference, matrix, piece));
    }
  });

  test('any length and offset, alignment, rows, zeros, references', () => {
    const dtype = fc.constantFrom('fp32', 'wild', 'bf16', 'fp16');
    const offset = fc.oneof(
      fc.nat(3 * SEGMENT),
      fc.nat(1000).map((more) => 2 ** 32 - 500 + more),
      fc.maxSafeNat().map((big) => Math.floor(big / 2)),
    );
    const rows = fc.option(fc.record({ length: fc.integer({ min: 60, max: 3000 }), more: fc.nat(3000) }), {
      nil: undefined,
    });
    const cases = fc.record({
      n: fc.integer({ min: 0, max: 2 * TILE }),
      dtype,
      offset,
      rows,
      skew: fc.nat(5),
      zeros: fc.nat(3),
      seed: fc.nat(),
      dots: fc.nat(3),
    });
    fc.assert(
      fc.property(cases, ({ n, dtype, offset, rows, skew, zeros, seed, dots }) => {
        const values = (of: string, which: number): Numbers => {
          const memory = numbers(of, n + skew, which);
          const cut =
            memory instanceof Float32Array ? memory.subarray(skew) : half(memory.dtype, memory.bits.subarray(skew));
          const raw = cut instanceof Float32Array ? cut : cut.bits;
          for (let i = 0; i < zeros; i++) raw.fill(0, i * 1000, i * 1900);
          return cut;
        };
        const references = Array.from({ length: dots }, (_, r) => ({
          values: values(['fp32', 'bf16', 'fp16'][r]!, seed + r),
        }));
        const strided = rows && { rows: { length: rows.length, stride: rows.length + rows.more } };
        const piece: Piece = { name: 'layers.0.weight', values: values(dtype, seed), offset, references, ...strided };
        expect(run(engine, spec, piece)).toBe(run(reference, spec, piece));
      }),
      { numRuns: 40 },
    );
  });

  test('a column one value wide, far apart', () => {
    const piece: Piece = { name: 'w', values: tame(40, 3), offset: 2 ** 33 + 1, rows: { length: 1, stride: 50_001 } };
    expect(run(engine, spec, piece)).toBe(run(reference, spec, piece));
  });

  test('references by flat index, through a column shard', () => {
    const [width, height, columns] = [300, 40, 70];
    const full = tame(width * height, 5);
    const piece: Piece = {
      name: 'w',
      values: tame(columns * height, 6),
      offset: 130,
      rows: { length: columns, stride: width },
      references: [
        { values: full, base: 0 },
        { values: full.subarray(100), base: 100 },
      ],
    };
    expect(run(engine, spec, piece)).toBe(run(reference, spec, piece));
  });

  test('several segments and pieces, at every seed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.string({ unit: 'grapheme' }), (seed, name) => {
        const pieces = [
          { name, values: tame(SEGMENT + TILE, 1), offset: 77 },
          { name: `${name}.b`, values: tame(10, 2) },
        ];
        expect(run(engine, { ...spec, seed }, ...pieces)).toBe(run(reference, { ...spec, seed }, ...pieces));
      }),
      { numRuns: 5 },
    );
  });

  test('what is refused stays refused, and nothing was added', () => {
    const sketch = emptySketch(spec);
    const good = { name: 'a', values: tame(9, 1) };
    const bad = [
      { name: 'w', values: tame(9, 1), offset: 2 ** 53 },
      { name: 'w', values: tame(9, 1), rows: { length: 4, stride: 3 } },
      { name: 'w', values: tame(9, 1), references: [{ values: tame(8, 1) }] },
    ];
    for (const piece of bad) expect(() => engine.add(sketch, [good, piece])).toThrow(/tensor w/);
    expect(bytesOf(sketch)).toBe(bytesOf(emptySketch(spec)));
  });
});

describe.skipIf(library === undefined)('the library', () => {
  test('threads change no bit', () => {
    const pieces = [1, 2, 3].map((seed) => ({
      name: `w${seed}`,
      values: tame(5 * SEGMENT + 17, seed),
      offset: 99 * seed,
      references: [{ values: tame(5 * SEGMENT + 17, 9) }],
    }));
    const [one, ...more] = [1, 2, 5].map((threads) =>
      run(nativeEngine(library!, { threads }), { ...spec, k: 4096 }, ...pieces),
    );
    expect(more).toEqual([one, one]);
  });

  test('a file that is no library, or fails its self-test, is an error and not a fallback', () => {
    expect(() => loadSketchEngine({ library: new URL(import.meta.url).pathname })).toThrow(
      /engine.test.ts\n.*self-test/,
    );
    expect(() => nativeEngine(library!, { isa: 'neon' })).toThrow(/no kernel 'neon'/);
  });

  test('is small and tests itself quickly', () => {
    expect(statSync(library!).size).toBeLessThan(300_000);
  });
});

test('without a library the next rung is taken and named', () => {
  expect(loadSketchEngine().isa).toBe(library === undefined ? 'wasm' : nativeInfo(library).isas[0]);
});

describe('the WebAssembly module', () => {
  test('is what the pinned compiler makes of its source', async () => {
    expect(sha256(await buildWasm())).toBe(sha256(wasmBytes()));
  }, 60_000);

  test('is small', () => {
    expect(wasmBytes().length).toBeLessThan(8192);
  });
});
