import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { EngineOptions, Lanes } from './lanes.ts';

/** One worker, bound to one device for as long as it lives. */
interface Lane {
  readonly worker: Piscina;
  isBusy: boolean;
}

/**
 * One worker per device, with its share of the processor's cores to feed it. A device that failed gets no more tasks
 * while another is left: it fails quickly, and would swallow the spool.
 */
export function deviceLanes(entry: URL, data: { readonly engine: EngineOptions }, devices: number): Lanes {
  const threads = Math.max(1, Math.floor(availableParallelism() / devices));
  const all = Array.from({ length: devices }, (_, device): Lane => {
    const workerData = { ...data, engine: { ...data.engine, threads, device } };
    return { worker: new Piscina({ filename: entry.href, workerData, minThreads: 1, maxThreads: 1 }), isBusy: false };
  });
  const queue = new LaneQueue(all);
  const sketch = async (folder: string) => {
    const lane = await queue.take();
    try {
      return await lane.worker.run(folder);
    } catch (error) {
      queue.retire(lane);
      throw error;
    } finally {
      queue.give(lane);
    }
  };
  return { width: devices, sketch, close: () => closeAll(all) };
}

/** Hands out lanes that are free. */
class LaneQueue {
  readonly #usable: Set<Lane>;
  readonly #waiting: (() => void)[] = [];

  constructor(lanes: readonly Lane[]) {
    this.#usable = new Set(lanes);
  }

  async take(): Promise<Lane> {
    for (;;) {
      const free = this.#usable.values().find(({ isBusy }) => !isBusy);
      if (free) return Object.assign(free, { isBusy: true });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  give(lane: Lane): void {
    lane.isBusy = false;
    this.#waiting.shift()?.();
  }

  retire(lane: Lane): void {
    if (this.#usable.size > 1) this.#usable.delete(lane);
  }
}

/** A worker frees its device before its thread ends. One that cannot has said why with its tasks. */
async function closeAll(lanes: readonly Lane[]): Promise<void> {
  await Promise.allSettled(lanes.map(({ worker }) => worker.run(null, { name: 'close' })));
  await Promise.all(lanes.map(({ worker }) => worker.destroy()));
}
