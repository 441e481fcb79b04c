import { DataError } from '../errors.ts';
import { type Placed, readCuts } from './cuts.ts';
import { type Piece, type Reference, toRun } from './piece.ts';
import { readHeader, readTensor, type SafetensorsHeader } from './safetensors.ts';
import type { Sketch } from './sketch.ts';
import type { SketchSpec } from './spec.ts';
import { addRun, type TileKernel } from './tiles.ts';
import { referenceKernel } from './tps.ts';
import { wasmKernel } from './wasm/kernel.ts';

/** One implementation of TPS. All give the same bits; `isa` says which it was, for the record. */
export interface SketchEngine {
  /** `avx512`, `avx2`, `neon`, `scalar` (the library), `wasm` or `typescript`. */
  readonly isa: string;
  add(sketch: Sketch, pieces: readonly Piece[]): void;
  /** Adds a safetensors gradient, tensors by ascending name, with dot products against whole-tensor reference files. */
  addFile(sketch: Sketch, path: string, references?: readonly string[]): void;
  /** Frees what the engine holds; it is of no use afterwards. */
  close(): void;
}

export const typescriptEngine = (): SketchEngine => tileEngine('typescript', referenceKernel);
export const wasmEngine = (): SketchEngine => tileEngine('wasm', (spec) => wasmKernel(spec));

/** An engine out of a tile kernel, one kernel per (k, s). */
function tileEngine(isa: string, newKernel: (spec: SketchSpec) => TileKernel): SketchEngine {
  const kernels = new Map<string, TileKernel>();
  const kernelFor = (spec: SketchSpec): TileKernel => {
    const id = `${spec.k},${spec.s}`;
    const kernel = kernels.get(id) ?? newKernel(spec);
    kernels.set(id, kernel);
    return kernel;
  };
  const add = (sketch: Sketch, pieces: readonly Piece[]): void => {
    const runs = pieces.map((piece) => toRun(piece, sketch.spec.seed));
    for (const run of runs) addRun(kernelFor(sketch.spec), sketch, run);
  };
  const addFile = (sketch: Sketch, path: string, references: readonly string[] = []): void => {
    const header = readHeader(path);
    const others = references.map((reference) => readHeader(reference));
    const placed = readCuts(header);
    for (const { tensor, full } of placed) for (const other of others) findWhole(other, tensor.name, full);
    for (const place of placed) add(sketch, [readPiece(header, place, others)]);
  };
  return { isa, add, addFile, close: () => kernels.clear() };
}

function readPiece(
  header: SafetensorsHeader,
  { tensor, offset, rows, full }: Placed,
  others: readonly SafetensorsHeader[],
): Piece {
  const references = others.map(
    (other): Reference => ({ values: readTensor(other, findWhole(other, tensor.name, full)), base: 0 }),
  );
  return { name: tensor.name, values: readTensor(header, tensor), offset, references, ...(rows && { rows }) };
}

function findWhole(other: SafetensorsHeader, name: string, full: number): SafetensorsHeader['tensors'][number] {
  const found = other.tensors.find((tensor) => tensor.name === name);
  if (found?.count === full) return found;
  const expected = `a whole tensor of ${full} values`;
  const fix = 'take the reference gradient over the same parameters';
  throw DataError.of({
    where: `${other.path}, tensor '${name}'`,
    expected,
    found: found ? found.count : 'no such tensor',
    fix,
  });
}
