import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { afterEach, describe, expect, test } from 'vitest';
import type { SketchEngine } from '../../../pipeline/sketch/engine.ts';
import { half, type Numbers } from '../../../pipeline/sketch/floats.ts';
import { fmix32 } from '../../../pipeline/sketch/mixing.ts';
import { cudaDevices, DeviceError, nativeEngine } from '../../../pipeline/sketch/native.ts';
import type { Piece } from '../../../pipeline/sketch/piece.ts';
import { emptySketch, type Sketch } from '../../../pipeline/sketch/sketch.ts';
import { SEGMENT, TILE } from '../../../pipeline/sketch/spec.ts';
import { safetensorsBytes } from '../../../pipeline/sketch/spool/write.ts';
import { emulated, emulatedBuilt } from './emulated.ts';
import { gradient, newFolder } from './spool/fixtures.ts';

const spec = { seed: 5n, k: 512, s: 4 };

/** Finite but for `wild`: one NaN would hide what else is wrong with a sum. */
const numbers = (dtype: string, n: number, seed: number): Numbers => {
  const word = (i: number): number => fmix32(i ^ (seed * 7919));
  if (dtype === 'fp32') return Float32Array.from({ length: n }, (_, i) => word(i) / 2 ** 30 - 1.5);
  if (dtype === 'wild') return new Float32Array(Uint32Array.from({ length: n }, (_, i) => word(i)).buffer);
  const bits = Uint16Array.from({ length: n }, (_, i) => word(i) & 0xbfff);
  return half(dtype as 'bf16', bits);
};

/** Everything that takes another way through the staging: cuts, gaps, zero tiles, references, more than two uploads. */
const pieces: readonly Piece[] = [
  { name: 'long', values: numbers('fp32', 4 * SEGMENT + 9, 1), offset: SEGMENT - 2 * TILE - 3 },
  { name: 'columns', values: numbers('bf16', 70 * 90, 2), offset: 130, rows: { length: 70, stride: 300 } },
  { name: 'gaps', values: numbers('fp32', 20, 3), rows: { length: 1, stride: 3 * TILE } },
  { name: 'far', values: numbers('fp16', 5000, 4), offset: 2 ** 40 - 9 },
  { name: 'empty', values: new Float32Array(0) },
  { name: 'zero', values: new Float32Array(3 * TILE) },
  { name: 'half zero', values: Float32Array.from({ length: 3 * TILE }, (_, i) => (i < TILE || i >= 2 * TILE ? 0 : i)) },
  ...Array.from(
    { length: 12 },
    (_, i): Piece => ({ name: `small ${i}`, values: numbers(i % 2 ? 'bf16' : 'fp32', 99, i) }),
  ),
];
const referred: readonly Piece[] = ['fp32', 'bf16', 'fp16'].map((dtype, i) => ({
  name: dtype,
  values: numbers(dtype, 2 * TILE + 7, i),
  offset: 11,
  references: [{ values: numbers('bf16', 3 * TILE, 8), base: 5 }, { values: numbers('fp32', 2 * TILE + 7, 9) }],
}));

const sketchOn = (engine: SketchEngine, ...calls: readonly (readonly Piece[])[]): Sketch => {
  const sketch = emptySketch(spec);
  for (const call of calls) engine.add(sketch, call);
  engine.close();
  return sketch;
};
const here = () => nativeEngine(emulated);
const there = (threads = 1) => nativeEngine(emulated, { device: 0, threads });

/** `sk_add` with an `sk_precond`, which engines do not offer; on a device, or here. Structs as native/sketch.h has them. */
function preconditioned(kind: number, device: number | null): Float64Array {
  const library = koffi.load(emulated);
  const context: [bigint] = [0n];
  const values = [1, 2, 3].map((seed) =>
    Float32Array.from(numbers('fp32', SEGMENT + 77, seed) as Float32Array, Math.abs),
  );
  const [gradient, first, second] = values.map((each) => koffi.address(each));
  const configuration = Uint32Array.of(1, 1, 5, 0, spec.k, spec.s, 1, 0);
  const piece = BigUint64Array.of(gradient!, 7n, 9n, BigInt(values[0]!.length), 0n, 0n, 0n);
  const how = new DataView(new ArrayBuffer(32));
  how.setUint32(0, kind, true);
  for (const [i, value] of [0.9, 0.99, 1e-8].entries()) how.setFloat32(4 + 4 * i, value, true);
  how.setBigUint64(16, first!, true);
  how.setBigUint64(24, second!, true);
  const totals = new Float64Array(spec.k);
  expect(library.func('int sk_open(void *cfg, _Out_ void **ctx)')(configuration, context)).toBe(0);
  if (device !== null)
    expect(library.func('int sk_use_device(void *ctx, uint32_t device)')(context[0], device)).toBe(0);
  const add = library.func('int sk_add(void *, double *, void *, void *, size_t, void *, void *, size_t)');
  expect(add(context[0], totals, null, piece, 1, Buffer.from(how.buffer), null, 0)).toBe(0);
  library.func('int sk_close(void *ctx)')(context[0]);
  return totals;
}

afterEach(() => {
  delete process.env.SK_EMULATE_DEVICES;
  delete process.env.SK_EMULATE_FAIL;
});

describe.skipIf(!emulatedBuilt)('gradients of the host, summed on a device', () => {
  test('devices are counted', () => {
    for (const count of [0, 1, 3]) {
      process.env.SK_EMULATE_DEVICES = String(count);
      expect(cudaDevices(emulated)).toBe(count);
    }
  });

  test.each([1, 3])('have the bits of the processor, statistics included, with %i threads', (threads) => {
    expect(there().isa).toBe('cuda');
    expect(sketchOn(there(threads), pieces, referred, pieces.slice(1))).toEqual(
      sketchOn(here(), pieces, referred, pieces.slice(1)),
    );
  });

  test('of wild values too: NaN, infinities, denormals', () => {
    const wild = [{ name: 'w', values: numbers('wild', 3 * TILE + 1, 1) }];
    const expected = sketchOn(here(), wild);
    expect(expected.stats.nonfinite).toBeGreaterThan(0);
    expect(sketchOn(there(), wild)).toEqual(expected);
  });

  test.each([
    ['diag', 1],
    ['adam', 2],
  ])("through the preconditioner %s, which is the host's", (_, kind) => {
    expect(preconditioned(kind, 0)).toEqual(preconditioned(kind, null));
    expect(preconditioned(kind, null)).not.toEqual(preconditioned(0, null));
  });

  test('from a file with a reference', () => {
    const home = newFolder('device');
    const [path, reference] = [join(home, 'a.safetensors'), join(home, 'b.safetensors')];
    writeFileSync(path, safetensorsBytes(gradient(1)));
    writeFileSync(reference, safetensorsBytes(gradient(2)));
    const [a, b] = [here(), there()].map((engine) => {
      const sketch = emptySketch(spec);
      engine.addFile(sketch, path, [reference]);
      engine.close();
      return sketch;
    });
    expect(b).toEqual(a);
    expect(a!.stats.dot[0]).not.toBe(0);
  });

  test('a device that is not there is an error', () => {
    process.env.SK_EMULATE_DEVICES = '2';
    const engine = nativeEngine(emulated, { device: 2 });
    expect(() => engine.add(emptySketch(spec), pieces)).toThrow(/cuda:2.*below 2/);
  });

  test('a launch that fails leaves the sketch as it was; the next call is whole again', () => {
    const engine = there();
    const [sketch, untouched] = [emptySketch(spec), emptySketch(spec)];
    for (const each of [sketch, untouched]) engine.add(each, referred.slice(0, 1));
    process.env.SK_EMULATE_FAIL = '0:launch:3';
    expect(() => engine.add(sketch, pieces)).toThrow(DeviceError);
    expect(sketch.totals).toEqual(untouched.totals);
    expect(sketch.stats.norm2).toBe(untouched.stats.norm2);
    engine.add(untouched, referred.slice(1));
    expect(untouched).toEqual(sketchOn(here(), referred));
    engine.close();
  });

  test('a lost device fails until it is opened anew', () => {
    const engine = there();
    engine.add(emptySketch(spec), referred);
    process.env.SK_EMULATE_FAIL = '0:lost:2';
    for (const _ of [1, 2]) expect(() => engine.add(emptySketch(spec), pieces)).toThrow(/cuda:0: .*ILLEGAL_ADDRESS/);
    engine.close();
    expect(() => engine.add(emptySketch(spec), pieces)).toThrow(/cuda:0: cuDevicePrimaryCtxRetain/);
    delete process.env.SK_EMULATE_FAIL;
    expect(sketchOn(engine, referred)).toEqual(sketchOn(here(), referred));
  });
});
