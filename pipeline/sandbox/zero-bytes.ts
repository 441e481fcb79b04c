import { DataError } from '../errors.ts';

/** A zero byte ends a word wherever words are handed to a program: what follows it would be taken for another. */
export const refuseZeroBytes = (words: readonly string[]): void => {
  const found = words.find((word) => word.includes('\0'));
  if (found === undefined) return;
  throw DataError.of({
    where: 'sandbox command',
    expected: 'paths and environment without zero bytes',
    found,
    fix: 'remove the zero byte',
  });
};
