import { readFileSync } from 'node:fs';
import { DTYPES, type Dtype } from '../floats.ts';
import { MAX_REFERENCES } from '../sketch.ts';
import { type SketchSpec, TILE } from '../spec.ts';
import { LANES, type TileKernel } from '../tiles.ts';

interface Module {
  readonly memory: WebAssembly.Memory;
  readonly INPUT: WebAssembly.Global;
  readonly OTHER: WebAssembly.Global;
  readonly SUMS: WebAssembly.Global;
  readonly SQUARES: WebAssembly.Global;
  readonly DOTS: WebAssembly.Global;
  readonly COUNTS: WebAssembly.Global;
  start(): void;
  clear(k: number): void;
  measure(at: number, dtype: number): number;
  dot(at: number, dtype: number, reference: number): void;
  addTile(at: number, dtype: number, low: number, high: number, k0: number, k1: number, k: number, s: number): void;
}

/** The committed module: the compiler's output for `tps.as`, byte for byte (tested). */
export const wasmBytes = (): Buffer => readFileSync(new URL('./tps.wasm', import.meta.url));

/** Whether this process can run WebAssembly SIMD. */
export const wasmRuns = (): boolean => typeof WebAssembly === 'object' && WebAssembly.validate(wasmBytes());

/** The kernel for one matrix, with memory of its own. */
export function wasmKernel({ k, s }: SketchSpec, bytes: Uint8Array = wasmBytes()): TileKernel {
  const module = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as unknown as Module;
  const { buffer } = module.memory;
  const [input, other] = [module.INPUT.value as number, module.OTHER.value as number];
  const halves = new Uint16Array(buffer, input, TILE);
  const inputs = { fp32: new Float32Array(buffer, input, TILE), bf16: halves, fp16: halves };
  const code = (dtype: Dtype): number => DTYPES.indexOf(dtype);
  module.start();
  return {
    sums: new Float32Array(buffer, module.SUMS.value as number, k),
    squares: new Float64Array(buffer, module.SQUARES.value as number, LANES),
    dots: new Float64Array(buffer, module.DOTS.value as number, LANES * MAX_REFERENCES),
    counts: new Uint32Array(buffer, module.COUNTS.value as number, 3),
    other: new Float32Array(buffer, other, TILE),
    input: (dtype) => inputs[dtype],
    clear: () => module.clear(k),
    measure: (dtype) => module.measure(input, code(dtype)),
    dot: (dtype, reference) => module.dot(input, code(dtype), reference),
    add: (dtype, tile, [k0, k1]) =>
      module.addTile(input, code(dtype), tile % 2 ** 32, Math.floor(tile / 2 ** 32), k0, k1, k, s),
  };
}
