import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { watchTime } from '../../../pipeline/sandbox/time-watch.ts';

const LIMIT_MS = 1500;
const ENDLESS = 'while :; do :; done';
/** So much work that it is done long before the limit by whoever has a processor for himself. */
const WORK = 'import time\nwhile time.process_time() < 0.5: pass';

const started: ChildProcess[] = [];
/** Everything shares one processor, so that who comes first is up to us and not to the machine. */
const start = (...argv: string[]): ChildProcess => {
  const child = spawn('taskset', ['-c', '0', ...argv], { stdio: 'ignore' });
  started.push(child);
  return child;
};
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const watched = (child: ChildProcess): { had: Promise<number>; calls: () => number; stop: () => void } => {
  const began = performance.now();
  const { promise, resolve } = Promise.withResolvers<number>();
  let count = 0;
  const stop = watchTime(
    () => [child.pid!],
    LIMIT_MS,
    () => {
      count++;
      resolve(performance.now() - began);
    },
  );
  return { had: promise, calls: () => count, stop };
};

it.each([
  ['works without end', ['sh', '-c', ENDLESS]],
  ['only waits', ['sleep', '1000']],
  ['waits for a process that waits', ['sh', '-c', 'sleep 1000; true']],
])('is over at the limit for what %s', async (_, argv) => {
  const { had, stop } = watched(start(...argv));
  expect(await had).toBeGreaterThanOrEqual(LIMIT_MS - 5);
  stop();
});

it('is not over for what others keep from working, however late it gets', async () => {
  const hogs = [start('sh', '-c', ENDLESS), start('sh', '-c', ENDLESS)];
  const child = start('nice', '-n', '19', 'python3', '-c', WORK);
  const ended = once(child, 'exit');
  const { calls, stop } = watched(child);
  await sleep(3 * LIMIT_MS);
  expect(child.exitCode).toBeNull();
  for (const hog of hogs) hog.kill('SIGKILL');
  expect(await ended).toEqual([0, null]);
  stop();
  expect(calls()).toBe(0);
});
