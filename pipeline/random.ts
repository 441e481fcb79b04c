import { sha256 } from './hash.ts';

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** sfc32 seeded by a string: the same seed gives the same numbers on every machine. */
export function seededRandom(seed: string): Random {
  const digest = sha256(seed);
  let [a, b, c, counter] = [0, 8, 16, 24].map((at) => Number.parseInt(digest.slice(at, at + 8), 16) | 0) as [
    number,
    number,
    number,
    number,
  ];
  const next = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** A new array in random order (Fisher-Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/** A number in (0, 1) that belongs to a text alone. */
export const uniformOf = (text: string): number => (Number.parseInt(sha256(text).slice(0, 12), 16) + 0.5) / 2 ** 48;

/**
 * When an entrant of an exponential race arrives: each is first with a probability in proportion to its weight, and the
 * order of arrival is a draw without replacement. One entrant more or less moves no other.
 */
const arrivalOf = (name: string, weight: number): number => -Math.log(uniformOf(name)) / weight;

/** In the order of arrival. `name` is unique; `chance` makes one race differ from another. */
export function raced<T>(
  entrants: readonly T[],
  { chance, name, weight = () => 1 }: { chance: string; name: (each: T) => string; weight?: (each: T) => number },
): T[] {
  return entrants
    .map((each) => ({ each, name: name(each) }))
    .map((named) => ({ ...named, at: arrivalOf(`${chance} ${named.name}`, weight(named.each)) }))
    .sort((a, b) => (a.at === b.at ? (a.name < b.name ? -1 : 1) : a.at - b.at))
    .map(({ each }) => each);
}
