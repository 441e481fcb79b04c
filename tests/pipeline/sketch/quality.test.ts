import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../pipeline/random.ts';
import { loadSketchEngine } from '../../../pipeline/sketch/load.ts';
import { tensorKey } from '../../../pipeline/sketch/mixing.ts';
import { emptySketch, finishSketch } from '../../../pipeline/sketch/sketch.ts';
import { BLOCK, type SketchSpec, slotsPerRow, TILE } from '../../../pipeline/sketch/spec.ts';
import { drawTile, emptyDraw } from '../../../pipeline/sketch/tile.ts';
import { heavyTailed, loraLike, moeSparse, normals } from './gradients.ts';

const engine = loadSketchEngine();

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Cosines of all pairs, row by row below the diagonal. */
function cosines(vectors: readonly ArrayLike<number>[]): number[] {
  const lengths = vectors.map((vector) => Math.sqrt(dot(vector, vector)));
  return vectors.flatMap((a, i) => vectors.slice(0, i).map((b, j) => dot(a, b) / (lengths[i]! * lengths[j]!)));
}

function sketchAll(gradients: readonly Float32Array[], spec: SketchSpec): Float32Array[] {
  return gradients.map((values) => {
    const sketch = emptySketch(spec);
    engine.add(sketch, [{ name: 'w', values }]);
    return finishSketch(sketch);
  });
}

/** Error of every pair's cosine in units of what theory gives a dense projection: (1 - rho^2) / sqrt(k). */
function errorsInSigma(gradients: readonly Float32Array[], k: number, seeds: number): number[] {
  const exact = cosines(gradients);
  return Array.from({ length: seeds }, (_, seed) => {
    const found = cosines(sketchAll(gradients, { seed: BigInt(seed), k, s: 4 }));
    return exact.map((rho, pair) => ((found[pair]! - rho) * Math.sqrt(k)) / (1 - rho * rho));
  }).flat();
}

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe.each([
  { kind: 'heavy-tailed', make: heavyTailed },
  { kind: 'LoRA-like', make: loraLike },
  { kind: 'MoE-sparse', make: moeSparse },
])('cosines of $kind gradients', ({ make }) => {
  const gradients = make(24);

  test.each([512, 2048, 8192])('k=%i: RMSE at most 1.10 of theory, worst at most 6.5 sigma', (k) => {
    const errors = errorsInSigma(gradients, k, 12);
    expect(rootMeanSquare(errors)).toBeLessThan(1.1);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(6.5);
    expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.25);
  });
});

/** Cosine errors when `support` coordinates carry all energy, over many seeds: the exact map, coordinate by coordinate. */
function spikyErrors(support: number, k: number, s: number, seeds: number): number[] {
  const random = seededRandom(`spiky ${support}`);
  const next = normals(random);
  const draw = emptyDraw(s);
  const [rho, errors] = [0.3, [] as number[]];
  let coordinates: number[] = [];
  let [x, y]: [number[], number[]] = [[], []];
  for (let seed = 0; seed < seeds; seed++) {
    if (seed % 50 === 0) {
      coordinates = Array.from({ length: support }, () => Math.floor(random() * 4e7));
      x = coordinates.map(next);
      y = x.map((value) => rho * value + Math.sqrt(1 - rho * rho) * next());
    }
    const key = tensorKey(BigInt(seed), 0n);
    const [a, b] = [new Map<number, number>(), new Map<number, number>()];
    coordinates.forEach((coordinate, j) => {
      drawTile(draw, Math.floor(coordinate / TILE), key);
      const [block, lane] = [(coordinate >> 6) & 63, coordinate & 63];
      const sign = (draw.signs[(lane >> 5) * BLOCK + block]! >>> (lane & 31)) & 1 ? -1 : 1;
      for (let r = 0; r < s; r++) {
        const slot = draw.blocks.indexOf(block, r * BLOCK) - r * BLOCK;
        const at =
          r * (k / s) +
          Math.floor(slot / slotsPerRow({ seed: 0n, k, s })) * BLOCK +
          (lane ^ draw.lanes[r * BLOCK + block]!);
        a.set(at, (a.get(at) ?? 0) + sign * x[j]!);
        b.set(at, (b.get(at) ?? 0) + sign * y[j]!);
      }
    });
    const [xs, ys] = [[...a.values()], [...a.keys()].map((at) => b.get(at)!)];
    const exact = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
    errors.push(Math.abs(dot(xs, ys) / Math.sqrt(dot(xs, xs) * dot(ys, ys)) - exact));
  }
  return errors.sort((p, q) => p - q);
}

describe('spiky gradients, s=4, 20,000 seeds', () => {
  test('8 coordinates, k=4096: 99.9 % of errors at most 0.12', () => {
    const errors = spikyErrors(8, 4096, 4, 20_000);
    expect(errors[Math.floor(errors.length * 0.999)]).toBeLessThanOrEqual(0.12);
  }, 60_000);

  test('2 coordinates, k=4096: never more than 0.30', () => {
    expect(spikyErrors(2, 4096, 4, 20_000).at(-1)).toBeLessThanOrEqual(0.3);
  }, 60_000);

  test('2 coordinates, k=512: 99.9 % at most 0.30, and no sign turned around', () => {
    const errors = spikyErrors(2, 512, 4, 20_000);
    expect(errors[Math.floor(errors.length * 0.999)]).toBeLessThanOrEqual(0.3);
    expect(errors.at(-1)).toBeLessThan(0.5);
  }, 60_000);

  test('a single copy would not do: s=1 turns signs around', () => {
    expect(spikyErrors(2, 512, 1, 20_000).at(-1)).toBeGreaterThan(1);
  }, 60_000);
});

test('no bias on vectors with a non-zero mean', () => {
  const next = normals(seededRandom('mean'));
  const [x, y] = [0, 1].map(() => Float32Array.from({ length: 40 * TILE + 99 }, () => 1 + next())) as [
    Float32Array,
    Float32Array,
  ];
  const [k, seeds, exact] = [512, 400, dot(x, y)];
  const estimates = Array.from({ length: seeds }, (_, seed) => {
    const [a, b] = sketchAll([x, y], { seed: BigInt(seed), k, s: 4 }) as [Float32Array, Float32Array];
    return dot(a, b);
  });
  const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / seeds;
  const deviation = Math.sqrt((dot(x, x) * dot(y, y) + exact * exact) / k);
  expect(Math.abs(mean - exact)).toBeLessThan((3.5 * deviation) / Math.sqrt(seeds));
  const spread = Math.sqrt(estimates.reduce((sum, estimate) => sum + (estimate - exact) ** 2, 0) / seeds);
  expect(spread / deviation).toBeGreaterThan(0.85);
  expect(spread / deviation).toBeLessThan(1.15);
}, 60_000);
