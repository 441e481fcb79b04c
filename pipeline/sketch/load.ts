import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DataError } from '../errors.ts';
import { type SketchEngine, typescriptEngine, wasmEngine } from './engine.ts';
import { nativeEngine } from './native.ts';
import { wasmRuns } from './wasm/kernel.ts';

export interface LoadOptions {
  /** Fails unless the library loaded. */
  readonly requireNative?: boolean;
  /** Library to load instead of the usual places; it must be there. */
  readonly library?: string;
  /** Threads inside one call. The bits do not depend on it. */
  readonly threads?: number;
  /** CUDA device that sums; there is none but through the library. */
  readonly device?: number;
}

const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Where the library may lie, first come first served: shipped with a release, then built here by `make native`. */
export const libraryPlaces = (): string[] => [
  inProject(`pipeline/sketch/prebuilt/${process.platform}-${process.arch}/libsketch.so`),
  inProject('build/libsketch.so'),
];

/**
 * The best engine of this machine: the library where there is one, else WebAssembly, else TypeScript. All give the
 * same bits; the caller records `isa`. A library that is there but broken is an error: it would hide a bad build.
 */
export function loadSketchEngine({
  requireNative = false,
  threads = 1,
  device,
  ...place
}: LoadOptions = {}): SketchEngine {
  const needed = requireNative || device !== undefined;
  const found = needed ? requireLibrary(place) : findLibrary(place);
  if (found !== undefined) return nativeEngine(found, { threads, ...(device !== undefined && { device }) });
  return wasmRuns() ? wasmEngine() : typescriptEngine();
}

type Place = Pick<LoadOptions, 'library'>;

export const findLibrary = ({ library }: Place): string | undefined =>
  library ?? libraryPlaces().find((path) => existsSync(path));

function requireLibrary(place: Place): string {
  const found = findLibrary(place);
  if (found !== undefined) return found;
  const fix = 'run make native (it needs a C++ compiler)';
  throw DataError.of({ where: 'sketch library', expected: libraryPlaces().join(' or '), found: 'neither', fix });
}
