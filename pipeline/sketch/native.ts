import { createRequire } from 'node:module';
import { DataError } from '../errors.ts';
import type { SketchEngine } from './engine.ts';
import { DTYPES, dtypeOf, type Numbers, rawOf } from './floats.ts';
import { nameHash } from './mixing.ts';
import { keyedRun, type Piece, type Reference } from './piece.ts';
import type { Sketch, SketchStats } from './sketch.ts';
import type { SketchSpec } from './spec.ts';

/** Loaded only where there is a library to call: the other rungs must not need it. */
const koffi = (): typeof import('koffi') => createRequire(import.meta.url)('koffi');

/** Codes of `sk_isa` in native/sketch.h. */
const ISAS = ['auto', 'scalar', 'avx2', 'avx512', 'neon'] as const;
export type Isa = (typeof ISAS)[number];

export interface NativeOptions {
  /** `auto` takes the best this processor has. */
  readonly isa?: Isa;
  readonly threads?: number;
  /** CUDA device that sums; `isa` is then `cuda`. Left out: this processor. */
  readonly device?: number;
}

/**
 * A device or its driver failed: nothing that was being sketched is to blame, and nothing of it may be used. It can be
 * tried again with another engine.
 */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

type Library = ReturnType<typeof bind>;

/**
 * Loads the library and runs its self-test.
 * @throws DataError when it does not load, is of another version, or gets a golden hash wrong: broken is never skipped.
 */
export function nativeEngine(path: string, options: NativeOptions = {}): SketchEngine {
  const library = loadLibrary(path);
  const contexts = new Map<string, bigint>();
  const contextFor = (spec: SketchSpec): bigint => {
    const id = `${spec.seed},${spec.k},${spec.s}`;
    const context = contexts.get(id) ?? open(library, spec, options);
    contexts.set(id, context);
    return context;
  };
  const { k, s, seed } = { k: 512, s: 4, seed: 0n };
  return {
    isa: options.device === undefined ? (library.isaName(contextFor({ seed, k, s })) as string) : 'cuda',
    add: (sketch, pieces) => addPieces(library, contextFor(sketch.spec), sketch, pieces),
    addFile: (sketch, file, references = []) => addFile(library, contextFor(sketch.spec), sketch, file, references),
    close() {
      for (const context of contexts.values()) library.close(context);
      contexts.clear();
    },
  };
}

/** What the library says of itself: its ISAs, best first, and whether it holds the CUDA part. */
export const nativeInfo = (path: string): { isas: string[]; cuda: boolean } => JSON.parse(bind(path).info());

/**
 * CUDA devices of this machine that the library can use: 0 without device code, a driver or a device.
 * @throws DeviceError when there is a driver that does not start.
 */
export function cudaDevices(path: string): number {
  const library = bind(path);
  const devices = new Uint32Array(1);
  check(library, library.deviceCount(devices));
  return devices[0]!;
}

function loadLibrary(path: string): Library {
  const fix = 'build it again (make native), or remove it to use WebAssembly';
  try {
    const library = bind(path);
    const { abi, algo_version } = JSON.parse(library.info());
    if (abi !== 1 || algo_version !== 1) throw new Error(`abi ${abi}, algo_version ${algo_version}`);
    check(library, library.selftest());
    return library;
  } catch (error) {
    throw DataError.of({
      where: path,
      expected: 'a sketch library of ABI 1 that passes its self-test',
      found: (error as Error).message,
      fix,
    });
  }
}

function bind(path: string) {
  const library = koffi().load(path);
  return {
    info: library.func('const char *sk_info()'),
    lastError: library.func('const char *sk_last_error()'),
    isaName: library.func('const char *sk_isa_name(void *ctx)'),
    selftest: library.func('int sk_selftest()'),
    deviceCount: library.func('int sk_device_count(uint32_t *out)'),
    useDevice: library.func('int sk_use_device(void *ctx, uint32_t device)'),
    open: library.func('int sk_open(void *cfg, _Out_ void **ctx)'),
    close: library.func('int sk_close(void *ctx)'),
    add: library.func(
      'int sk_add(void *ctx, double *acc, void *stats, void *pieces, size_t n, void *pre, void *refs, size_t nref)',
    ),
    addFile: library.func(
      'int sk_add_safetensors(void *ctx, double *acc, void *stats, const char *path, const char **refs, size_t nref)',
    ),
  };
}

/** Words in memory order, little-endian; a bigint is 64 bits, a number 32. */
function struct(...words: readonly (bigint | number)[]): Uint8Array {
  const view = new DataView(
    new ArrayBuffer(words.reduce<number>((bytes, word) => bytes + (typeof word === 'bigint' ? 8 : 4), 0)),
  );
  let at = 0;
  for (const word of words) {
    if (typeof word === 'bigint') view.setBigUint64(at, word, true);
    else view.setUint32(at, word, true);
    at += typeof word === 'bigint' ? 8 : 4;
  }
  return new Uint8Array(view.buffer);
}

function open(
  library: Library,
  { seed, k, s }: SketchSpec,
  { isa = 'auto', threads = 1, device }: NativeOptions,
): bigint {
  const context: [bigint | null] = [null];
  check(library, library.open(struct(1, 1, seed, k, s, threads, ISAS.indexOf(isa)), context));
  try {
    if (device !== undefined) check(library, library.useDevice(context[0], device));
  } catch (error) {
    library.close(context[0]);
    throw error;
  }
  return context[0]!;
}

/** `SK_CUDA` of native/sketch.h. */
const DEVICE_FAILED = 6;

function check(library: Library, code: number): void {
  if (code === DEVICE_FAILED) throw new DeviceError(library.lastError());
  if (code !== 0)
    throw DataError.of({
      where: 'sketch library',
      expected: 'success',
      found: library.lastError(),
      fix: 'see what it found',
    });
}

const addressOf = (numbers: Numbers): bigint => (numbers.length === 0 ? 0n : koffi().address(rawOf(numbers)));
const codeOf = (numbers: Numbers): number => DTYPES.indexOf(dtypeOf(numbers));

function pieceStruct({ name, values, offset = 0, rows }: Piece): Uint8Array {
  const sizes = [offset, values.length, rows?.length ?? 0, rows?.stride ?? 0].map(BigInt);
  return struct(addressOf(values), nameHash(name), ...sizes, codeOf(values), 0);
}

const referenceStruct = ({ values, base }: Reference): Uint8Array =>
  struct(addressOf(values), BigInt(base ?? 0), BigInt(values.length), codeOf(values), base === undefined ? 1 : 0);

/** One call per piece, so that pieces may have different numbers of references. The arrays outlive the call. */
function addPieces(library: Library, context: bigint, sketch: Sketch, pieces: readonly Piece[]): void {
  for (const piece of pieces) keyedRun(piece, [0, 0]);
  for (const piece of pieces) {
    const references = piece.references ?? [];
    const others = Buffer.concat(references.map(referenceStruct));
    withStats(sketch.stats, (stats) =>
      check(
        library,
        library.add(
          context,
          sketch.totals,
          stats,
          pieceStruct(piece),
          1,
          null,
          references.length ? others : null,
          references.length,
        ),
      ),
    );
  }
}

function addFile(library: Library, context: bigint, sketch: Sketch, path: string, references: readonly string[]): void {
  const others = references.length ? [...references] : null;
  withStats(sketch.stats, (stats) =>
    check(library, library.addFile(context, sketch.totals, stats, path, others, references.length)),
  );
}

/** Lays the statistics out as `sk_stats`, and reads them back. */
function withStats(stats: SketchStats, call: (memory: Float64Array) => void): void {
  const memory = new Float64Array(13);
  const counts = new BigUint64Array(memory.buffer, 16, 3);
  memory.set([stats.norm2, stats.absmax]);
  counts.set([stats.n, stats.zeros, stats.nonfinite].map(BigInt));
  memory.set(stats.dot, 5);
  call(memory);
  [stats.norm2, stats.absmax] = [memory[0]!, memory[1]!];
  [stats.n, stats.zeros, stats.nonfinite] = [...counts].map(Number) as [number, number, number];
  stats.dot.set(memory.subarray(5));
}
