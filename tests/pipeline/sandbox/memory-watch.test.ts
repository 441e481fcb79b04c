import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { watchMemory } from '../../../pipeline/sandbox/memory-watch.ts';

it('looks until it is stopped, and never after, whatever is still sent', async () => {
  let looks = 0;
  const watch = watchMemory(process.pid, 1, () => void looks++);
  await sleep(450);
  expect(looks).toBeGreaterThan(1);
  watch.rest();
  watch.stop();
  const before = looks;
  watch.wake();
  await sleep(450);
  expect(looks).toBe(before);
});
