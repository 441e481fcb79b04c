import { distance } from 'fastest-levenshtein';

/** The known word that takes the fewest changes to become the given one; ties go to the first by name. */
export const nearest = (given: string, known: readonly string[]): string | undefined =>
  [...known].sort((a, b) => distance(a, given) - distance(b, given) || (a < b ? -1 : 1))[0];
