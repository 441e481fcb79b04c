import type { Spent } from './noting.ts';

/** How things stood when so many candidates were judged. */
export interface Moment {
  judged: number;
  wall_ms: number;
  running_ms: number;
  starting_ms: number;
  /** Processor time of this process, without those it started. */
  cpu_ms: number;
  memory_bytes: number;
}

export function momentOf(judged: number, { running_ms, starting_ms }: Spent): Moment {
  const { user, system } = process.cpuUsage();
  const cpu_ms = (user + system) / 1000;
  return {
    judged,
    wall_ms: performance.now(),
    running_ms,
    starting_ms,
    cpu_ms,
    memory_bytes: process.memoryUsage.rss(),
  };
}

const bounds = [50, 200, 500, 1000, 2000];

/** What a task cost between one bound and the next. Times of workers: two of them spend 2 s in a second. */
export function slicesOf(moments: readonly Moment[], workers: number): object[] {
  const count = moments.length - 1;
  const ends = [...bounds.filter((bound) => bound < count), count];
  return ends.map((end, index) => {
    const [from, to] = [moments[ends[index - 1] ?? 0]!, moments[end]!];
    const per = (of: (moment: Moment) => number) => (of(to) - of(from)) / (to.judged - from.judged);
    const all = per((moment) => workers * moment.wall_ms);
    const running = per((moment) => moment.running_ms);
    const starting = per((moment) => moment.starting_ms);
    return {
      tasks: `${from.judged + 1} to ${to.judged}`,
      'worker ms per task': Math.round(all),
      'in runs': Math.round(running),
      'starting sessions': Math.round(starting),
      ours: Math.round(all - running - starting),
      'processor ms of the judge': Math.round(per((moment) => moment.cpu_ms)),
      'memory, MB': Math.round(to.memory_bytes / 1e6),
    };
  });
}
