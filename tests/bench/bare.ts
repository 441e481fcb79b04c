import { mapLimit } from '../../pipeline/concurrency.ts';
import type { Limits, Sandbox, TestRunner } from '../../pipeline/ports.ts';
import type { Spent } from './noting.ts';

export interface Bare {
  runs: number;
  /** Of all runs, as many at a time as there are workers; a sample is scaled up. */
  wall_ms: number;
  /** What the sandbox takes for a command that does nothing; not part of `wall_ms`. */
  sandbox_ms: number;
}

const limits: Limits = {
  wall_ms: 10_000,
  cpu_s: 10,
  memory_bytes: 2 ** 30,
  process_count: 16,
  output_bytes: 2 ** 20,
  file_bytes: 2 ** 20,
};

/**
 * The same runs as somebody makes them who has the test framework and nothing else: a fresh process for each. At most
 * `most` of them, evenly spread.
 */
export async function runBare(
  runs: Spent['runs'],
  runnerOf: (repository: Spent['runs'][number]['repository']) => TestRunner,
  { sandbox, workers, most }: { sandbox: Sandbox; workers: number; most: number },
): Promise<Bare> {
  const step = Math.max(1, runs.length / most);
  const chosen = Array.from({ length: Math.min(most, runs.length) }, (_, index) => runs[Math.floor(index * step)]!);
  const sandbox_ms = await emptyRun(sandbox, workers);
  const started = performance.now();
  await mapLimit(chosen, workers, ({ repository, request }) => runnerOf(repository).cold(repository, request));
  const sample_ms = performance.now() - started - (chosen.length * sandbox_ms) / workers;
  return { runs: chosen.length, wall_ms: (sample_ms * runs.length) / chosen.length, sandbox_ms };
}

async function emptyRun(sandbox: Sandbox, workers: number): Promise<number> {
  const command = { argv: ['/usr/bin/true'], binds: [], cwd: '/', environment: {}, limits };
  const walls = await mapLimit(Array.from({ length: 20 }), workers, async () => {
    const started = performance.now();
    const { end, detail } = await sandbox.run(command);
    if (end !== 'exited') throw new Error(`a command that does nothing: ${end} ${detail}`);
    return performance.now() - started;
  });
  return walls.sort((a, b) => a - b)[walls.length >> 1]!;
}
