import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../pipeline/hash.ts';
import { fmix32, nameHash, philox } from '../../../pipeline/sketch/mixing.ts';
import { LEGAL_SHAPES, SEGMENT, TILE } from '../../../pipeline/sketch/spec.ts';
import {
  addKeyed,
  addPiece,
  emptySketch,
  finishSketch,
  mergeSketch,
  sketchVector,
} from '../../../pipeline/sketch/tps.ts';
import { GOLDEN_KEY, GOLDENS, goldenInput, hashTotals } from './golden.ts';

const spec = { seed: 42n, k: 512, s: 4 };
const normals = (n: number, seed = 1): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => (fmix32(i * 7919 + seed) / 2 ** 31 - 1) * 3);

describe('the integer functions', () => {
  test('Philox4x32-10 gives the published answers', () => {
    const hex = (words: Uint32Array): string[] => [...words].map((word) => word.toString(16).padStart(8, '0'));
    expect(hex(philox(new Uint32Array(4), [0, 0]))).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']);
    const ones = 0xffffffff;
    expect(hex(philox(new Uint32Array(4).fill(ones), [ones, ones]))).toEqual([
      '408f276d',
      '41c83b0e',
      'a20bc7c6',
      '6d5451fd',
    ]);
  });

  test('names hash by FNV-1a over UTF-8', () => {
    expect(nameHash('')).toBe(0xcbf29ce484222325n);
    expect(nameHash('foobar')).toBe(0x85944171f73967e8n);
    expect(nameHash('é')).not.toBe(nameHash('e\u0301'));
  });
});

describe('the golden vectors', () => {
  test.each(GOLDENS)('k=$k s=$s', ({ k, s, sha }) => {
    const sketch = emptySketch({ seed: 0n, k, s });
    addKeyed(sketch, GOLDEN_KEY, { name: 'golden', values: goldenInput() });
    expect(hashTotals(sketch.totals)).toBe(sha);
  });

  test('first totals of k=4096 s=4', () => {
    const sketch = emptySketch({ seed: 0n, k: 4096, s: 4 });
    addKeyed(sketch, GOLDEN_KEY, { name: 'golden', values: goldenInput() });
    const first = [-8.287095308303833, -8.0514345169067383, -7.4441447257995605, -0.39841377735137939];
    expect([...sketch.totals.subarray(0, 4)]).toEqual(first);
  });

  test('the key of a named tensor is part of the contract', () => {
    const values = goldenInput().subarray(0, TILE);
    const out = sketchVector(values, { name: 'model.layers.0.q_proj.lora_A.weight', seed: 20260607n, k: 512, s: 4 });
    expect(sha256(new Uint8Array(out.buffer))).toMatchInlineSnapshot(
      `"97349df9b74f345b4e27f6d00319901b36b5a94f8d3fbf06c9d154fa32f436c6"`,
    );
  });
});

describe('laws', () => {
  test('half of a (8192, 4) sketch is the (4096, 2) sketch', () => {
    const [wide, narrow] = [emptySketch({ seed: 3n, k: 8192, s: 4 }), emptySketch({ seed: 3n, k: 4096, s: 2 })];
    for (const sketch of [wide, narrow]) addPiece(sketch, { name: 'w', values: normals(3 * TILE + 17) });
    expect(wide.totals.subarray(0, 4096)).toEqual(narrow.totals);
  });

  test('zeros of either sign, tiles, blocks or single values, change no bit', () => {
    const values = normals(5 * TILE);
    values.fill(0, TILE, 3 * TILE);
    for (let i = 0; i < values.length; i += 3) values[i] = 0;
    const negative = values.map((value) => (value === 0 ? -0 : value));
    expect(sketchVector(negative, { ...spec, name: 'w' })).toEqual(sketchVector(values, { ...spec, name: 'w' }));
    expect(sketchVector(new Float32Array(9), { ...spec, name: 'w' }).every((value) => Object.is(value, 0))).toBe(true);
  });

  test('pieces cut anywhere merge to the sketch of the whole', () => {
    const values = normals(SEGMENT + 3 * TILE + 5);
    const whole = sketchVector(values, { ...spec, name: 'w' });
    const cutPoint = fc.integer({ min: 0, max: values.length });
    fc.assert(
      fc.property(fc.array(cutPoint, { maxLength: 5 }), (cuts) => {
        const total = emptySketch(spec);
        const edges = [0, ...cuts.sort((a, b) => a - b), values.length];
        for (let i = 0; i + 1 < edges.length; i++) {
          const part = emptySketch(spec);
          addPiece(part, { name: 'w', values: values.subarray(edges[i]!, edges[i + 1]!), offset: edges[i]! });
          mergeSketch(total, part);
        }
        const out = finishSketch(total);
        const norm = Math.hypot(...whole);
        expect(Math.hypot(...out.map((value, j) => value - whole[j]!)) / norm).toBeLessThan(1e-6);
        expect(total.stats.n).toBe(values.length);
      }),
      { numRuns: 8 },
    );
  });

  test('an offset beyond 2^32 is another tile, not a wrapped one', () => {
    const values = normals(TILE);
    const at = (offset: number): Float32Array => {
      const sketch = emptySketch(spec);
      addPiece(sketch, { name: 'w', values, offset });
      return finishSketch(sketch);
    };
    expect(at(2 ** 44)).not.toEqual(at(0));
    expect(at(2 ** 44 + 2 ** 32)).not.toEqual(at(2 ** 44));
  });

  test('norm2 and dots are exact, NaN and infinities are counted and poison the sketch', () => {
    const sketch = emptySketch(spec);
    const values = normals(1000);
    const reference = normals(1000, 2);
    addPiece(sketch, { name: 'w', values, references: [{ values: reference }] });
    const exact = (other: Float32Array): number => values.reduce((sum, value, i) => sum + value * other[i]!, 0);
    expect(sketch.stats.norm2).toBeCloseTo(exact(values), 9);
    expect(sketch.stats.dot[0]).toBeCloseTo(exact(reference), 9);
    addPiece(sketch, { name: 'bad', values: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 0, 1e-45) });
    expect(sketch.stats).toMatchObject({ n: 1004, nonfinite: 2, zeros: 1 });
    expect(finishSketch(sketch).some(Number.isNaN)).toBe(true);
  });
});

describe('what is refused', () => {
  test('shapes and seeds outside the specification', () => {
    expect(LEGAL_SHAPES).toHaveLength(19);
    expect(() => emptySketch({ seed: 1n, k: 8192, s: 1 })).toThrow(/k \/ s at most 4096/);
    expect(() => emptySketch({ seed: 1n, k: 1000, s: 4 })).toThrow(/k in 512/);
    expect(() => emptySketch({ seed: -1n, k: 512, s: 4 })).toThrow(/unsigned 64-bit/);
  });

  test('offsets, references and merges that cannot be right', () => {
    const sketch = emptySketch(spec);
    expect(() => addPiece(sketch, { name: 'w', values: normals(4), offset: -1 })).toThrow(/tensor w, offset/);
    expect(() => addPiece(sketch, { name: 'w', values: normals(4), references: [{ values: normals(5) }] })).toThrow(
      /references/,
    );
    expect(() => mergeSketch(sketch, emptySketch({ ...spec, seed: 7n }))).toThrow(/sketch.seed/);
  });
});
