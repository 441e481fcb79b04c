import { type Random, seededRandom } from '../../../pipeline/random.ts';
import { TILE } from '../../../pipeline/sketch/spec.ts';

/** Standard normal numbers, two per draw of the polar method's cousin (Box-Muller). */
export function normals(random: Random): Random {
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

export const DIMENSION = 128 * 4 * 1024;

const filled = (n: number, next: Random): Float32Array => {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = next();
  return out;
};

/** Log-normal scales over six orders of magnitude, shared by all gradients, with two shared directions. */
export function heavyTailed(count: number): Float32Array[] {
  const next = normals(seededRandom('heavy'));
  let block = 1;
  const scale = filled(DIMENSION, () => Math.exp(2 * next()));
  for (let i = 0; i < DIMENSION; i++) {
    if (i % 65536 === 0) block = Math.exp(next());
    scale[i]! *= block;
  }
  const [first, second] = [filled(DIMENSION, next), filled(DIMENSION, next)];
  return Array.from({ length: count }, () => {
    const [a, b] = [next(), next()];
    return filled(DIMENSION, next).map((value, i) => scale[i]! * (a * first[i]! + b * second[i]! + value));
  });
}

/** Layers of A[16, width] and B[width, 16], each a sum of outer products, with a few channels 30 to 100 times as large. */
export function loraLike(count: number): Float32Array[] {
  const [rank, width] = [16, 2048];
  const layers = DIMENSION / (2 * rank * width);
  const next = normals(seededRandom('lora'));
  const uniform = seededRandom('lora outliers');
  const shared = Array.from({ length: layers }, () => ({
    x: filled(width, next),
    d: filled(width, next),
    out: filled(width, () => (uniform() < 6 / width ? 30 + 70 * uniform() : 1)),
    scale: filled(rank, () => Math.exp(1.2 * next())),
  }));
  return Array.from({ length: count }, () => {
    const gradient = new Float32Array(DIMENSION);
    const common = 0.2 + 1.2 * uniform();
    shared.forEach(({ x, d, out, scale }, layer) => {
      const [a, b] = [gradient.subarray(2 * layer * rank * width), gradient.subarray((2 * layer + 1) * rank * width)];
      for (let token = 0; token < 8; token++) {
        const input = x.map((value, i) => out[i]! * (common * value + next()));
        const error = d.map((value) => common * value + next());
        const [left, right] = [
          scale.map((value) => value * (common + next())),
          scale.map((value) => value * (common + next())),
        ];
        for (let q = 0; q < rank; q++) for (let i = 0; i < width; i++) a[q * width + i]! += left[q]! * input[i]!;
        for (let i = 0; i < width; i++) for (let q = 0; q < rank; q++) b[i * rank + q]! += error[i]! * right[q]!;
      }
    });
    return gradient;
  });
}

/** All but 12 of 128 tiles are zero: experts that were not routed to. */
export function moeSparse(count: number): Float32Array[] {
  const next = normals(seededRandom('moe'));
  const tiles = Array.from({ length: 12 }, (_, i) => (i * 53 + 7) % (DIMENSION / TILE));
  const shared = tiles.map(() => filled(TILE, next));
  return Array.from({ length: count }, (_, g) => {
    const gradient = new Float32Array(DIMENSION);
    const common = g / count;
    tiles.forEach((tile, t) => {
      for (let i = 0; i < TILE; i++) gradient[tile * TILE + i] = common * shared[t]![i]! + next();
    });
    return gradient;
  });
}
