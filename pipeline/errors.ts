import { inspect } from 'node:util';

/** What a message about bad input always says. */
export interface Complaint {
  /** File, table, row, flag or key that is wrong. */
  where: string;
  expected: string;
  found: unknown;
  fix: string;
}

/** The input is wrong and the user can mend it. Printed without a stack; anything else is a bug and keeps its stack. */
export class DataError extends Error {
  override readonly name = 'DataError';

  static of({ where, expected, found, fix }: Complaint): DataError {
    return new DataError(`${where}\n  expected: ${expected}\n  found: ${show(found)}\n  fix: ${fix}`);
  }
}

/** A process at work was lost through no fault of the code it ran: the same work may be tried again. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

/** One line for any value. Not JSON.stringify: DuckDB hands back bigints, which it cannot print. */
export const show = (value: unknown): string =>
  typeof value === 'string' && !value.includes('\n') && value.length <= 200
    ? value
    : inspect(value, { breakLength: Number.POSITIVE_INFINITY, maxStringLength: 200, maxArrayLength: 5 });
