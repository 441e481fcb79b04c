import { DataError } from '../../pipeline/errors.ts';
import type { Warehouse } from '../../pipeline/warehouse/store.ts';

/** Refuses a round of which no stage has finished. */
export async function requireRound(warehouse: Warehouse, round: number, data?: string): Promise<void> {
  const rounds = await warehouse.rounds();
  if (rounds.includes(round)) return;
  throw DataError.of({
    where: data === undefined ? `round ${round}` : `round ${round} of ${data}`,
    expected: rounds.length > 0 ? `one of the rounds that were run: ${rounds.join(', ')}` : 'a round that was run',
    found: 'no finished stage of it',
    fix: `run make round N=${Math.max(1, round)} first`,
  });
}
