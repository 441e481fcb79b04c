/** Words of an identifier: `maxTokenLength` and `max_token_length` alike, lower case. */
export const subtokens = (name: string): string[] =>
  name
    .split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());

/** Finds like names. Splits each name once, so it is worth one instance per enumeration. */
export class Likeness {
  readonly #words = new Map<string, readonly string[]>();

  /** How alike two names look, 0 to 2: shared words, shared beginning and end, like length. Symmetric. */
  between(a: string, b: string): number {
    const longest = Math.max(a.length, b.length);
    const shortest = Math.min(a.length, b.length);
    let head = 0;
    while (head < shortest && a.charCodeAt(head) === b.charCodeAt(head)) head++;
    let tail = 0;
    while (tail < shortest - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
    return this.#sharedWords(a, b) + (0.8 * (head + tail)) / longest + (0.2 * shortest) / longest;
  }

  /** The members of a pool most like a name, best first, ties by name; the name itself is left out. */
  nearest(name: string, pool: Iterable<string>, count: number): string[] {
    const scored: { other: string; score: number }[] = [];
    for (const other of pool) if (other !== name) scored.push({ other, score: this.between(name, other) });
    scored.sort((a, b) => b.score - a.score || (a.other < b.other ? -1 : 1));
    return scored.slice(0, count).map(({ other }) => other);
  }

  #sharedWords(a: string, b: string): number {
    const left = this.#wordsOf(a);
    const right = this.#wordsOf(b);
    const shared = left.filter((word) => right.includes(word)).length;
    return (2 * shared) / Math.max(1, left.length + right.length);
  }

  #wordsOf(name: string): readonly string[] {
    const known = this.#words.get(name) ?? subtokens(name);
    this.#words.set(name, known);
    return known;
  }
}
