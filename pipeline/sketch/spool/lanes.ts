import { Piscina } from 'piscina';
import { DataError } from '../../errors.ts';
import { findLibrary, type LoadOptions } from '../load.ts';
import { cudaDevices, DeviceError } from '../native.ts';
import type { GradientSketch } from './rows.ts';

/** `auto` takes the devices where there are any; `cuda` without one is an error. The rows' bits are the same. */
export const DEVICES = ['cpu', 'cuda', 'auto'] as const;
export type DeviceChoice = (typeof DEVICES)[number];

export type EngineOptions = Pick<LoadOptions, 'library' | 'requireNative' | 'threads' | 'device'>;

/** CUDA devices to use, none for the processor. @throws DataError when devices were asked for and there is none. */
export function chooseDevices(choice: DeviceChoice, engine: EngineOptions): number {
  if (choice === 'cpu') return 0;
  const library = findLibrary(engine);
  const count = library === undefined ? 0 : countDevices(library);
  if (count > 0 || choice === 'auto') return count;
  throw DataError.of({
    where: '--device cuda',
    expected: 'a CUDA device, its driver, and a library built with nvcc (make native)',
    found: library === undefined ? 'no library' : `no device that ${library} can use`,
    fix: 'use --device cpu, or build with nvcc on the machine with the GPU',
  });
}

/** A driver that does not start is not passed over: who has one means to use it. */
function countDevices(library: string): number {
  try {
    return cudaDevices(library);
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    const fix = 'mend the driver (nvidia-smi), or use --device cpu';
    throw DataError.of({ where: 'NVIDIA driver', expected: 'one that starts, or none', found: error.message, fix });
  }
}

/** Workers that tasks are given to. */
export interface Lanes {
  /** Tasks that make sense at once. */
  readonly width: number;
  sketch(folder: string): Promise<GradientSketch>;
  close(): Promise<void>;
}

/** Threads that share tasks, on the processor. */
export function processorLanes(entry: URL, workerData: object, workers: number): Lanes {
  const pool = new Piscina({ filename: entry.href, workerData, minThreads: workers, maxThreads: workers });
  return { width: workers, sketch: (folder) => pool.run(folder), close: () => pool.destroy() };
}
