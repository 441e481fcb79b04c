/** Words of an identifier: `maxTokenLength` and `max_token_length` alike, lower case. */
export const subtokens = (name: string): string[] =>
  name
    .split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());

/** How alike two names look, 0 to 2: shared words, shared beginning and end, like length. Symmetric. */
export function similarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  const shortest = Math.min(a.length, b.length);
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  return sharedWords(a, b) + (0.8 * (head + tail)) / longest + (0.2 * shortest) / longest;
}

function sharedWords(a: string, b: string): number {
  const left = subtokens(a);
  const right = subtokens(b);
  const shared = left.filter((word) => right.includes(word)).length;
  return (2 * shared) / Math.max(1, left.length + right.length);
}

/** The members of a pool most like a name, best first, ties by name; the name itself is left out. */
export function nearest(name: string, pool: Iterable<string>, count: number): string[] {
  const scored: { other: string; score: number }[] = [];
  for (const other of pool) if (other !== name) scored.push({ other, score: similarity(name, other) });
  scored.sort((a, b) => b.score - a.score || (a.other < b.other ? -1 : 1));
  return scored.slice(0, count).map(({ other }) => other);
}
