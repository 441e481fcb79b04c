import { readFileSync } from 'node:fs';
import { DataError } from '../../errors.ts';

/** No system gives these numbers to anybody; `guard.py` knows where they begin. */
const FIRST = 2 ** 30;
/** Commands that one process of ours may run at a time. */
const EACH = 64;
const NUMBERS_OF_PROCESSES = 2 ** 22;

const claimed = new Set<number>();

/** Null when this process can become any user; inside some containers only few exist. */
export const ownUsersObstacle = (map = readFileSync('/proc/self/uid_map', 'utf8')): DataError | null => {
  const is_mapped = map
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .some(([first = 0, , count = 0]) => first <= FIRST && first + count >= FIRST + EACH * NUMBERS_OF_PROCESSES);
  return is_mapped
    ? null
    : DataError.of({
        where: 'sandbox',
        expected: `users from ${FIRST} on, one for each command that root starts`,
        found: 'a user namespace that lacks them',
        fix: 'run as an ordinary user, or in a container without user namespaces',
      });
};

/** A user that nothing else on this machine runs as. */
export const claimUser = (): number => {
  const first = FIRST + (process.pid % NUMBERS_OF_PROCESSES) * EACH;
  const free = Array.from({ length: EACH }, (_, index) => first + index).find((user) => !claimed.has(user));
  if (free === undefined) throw new Error(`more than ${EACH} commands at a time`);
  claimed.add(free);
  return free;
};

export const releaseUser = (user_id: number): void => void claimed.delete(user_id);
