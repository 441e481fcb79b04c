import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../pipeline/random.ts';
import { project } from './sources.ts';

/** Table digests of a finished round; null when it was killed first. */
type Digests = Record<string, string> | null;

export interface KillReport {
  /** Kills that hit a round at work. */
  kills: number;
  undisturbed: Digests;
  /** What each round that was killed on its way came to. */
  resumed: Digests[];
}

export interface KillOptions {
  kills: number;
  /** Seeds the moments. */
  seed: string;
  /** Latest moment, as a share of the time an undisturbed round takes. */
  latest: number;
}

/**
 * Runs the small round once undisturbed, then others that are killed with SIGKILL at random moments and started again,
 * until `kills` of them have hit.
 */
export async function killAtRandom({ kills, seed, latest }: KillOptions): Promise<KillReport> {
  const random = seededRandom(`kills ${seed}`);
  const started = performance.now();
  const undisturbed = await inFolder((folder) => runOnce(folder, null));
  const length_ms = performance.now() - started;
  const resumed: Digests[] = [];
  let hits = 0;
  while (hits < kills) {
    resumed.push(
      await inFolder(async (folder) => {
        for (;;) {
          const isLast = hits >= kills;
          const ended = await runOnce(folder, isLast ? null : (0.03 + (latest - 0.03) * random()) * length_ms);
          if (ended) return ended;
          hits++;
        }
      }),
    );
  }
  return { kills: hits, undisturbed, resumed };
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'round-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One process; killed after so many milliseconds unless it ends before. */
function runOnce(folder: string, kill_after_ms: number | null): Promise<Digests> {
  const child = spawn(process.execPath, [join(project, 'tests/mini-round.ts')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (text) => out.push(String(text)));
  child.stderr.on('data', (text) => err.push(String(text)));
  const timer = kill_after_ms === null ? undefined : setTimeout(() => child.kill('SIGKILL'), kill_after_ms);
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(null);
      else if (code === 0) resolve(JSON.parse(out.join('')));
      else reject(new Error(`the round ended with ${code ?? signal}:\n${err.join('').slice(-3000)}`));
    });
  });
}
