import { CountTable } from './count-table.ts';
import { finish, fold, hashText } from './text-hash.ts';
import { tokenise } from './tokens.ts';

const pairKey = (a: number, b: number): number => finish(fold(fold(2, a), b));
const tripleKey = (a: number, b: number, c: number): number => finish(fold(fold(fold(3, a), b), c));

/** Hashes of the tokens of a text, in order. */
export const tokenHashes = (text: string): Uint32Array => Uint32Array.from(tokenise(text), hashText);

/** How natural token sequences are in a repository, by counts of one, two and three tokens. */
export class LanguageModel {
  private readonly base: CountTable;
  private readonly changes: readonly CountTable[];

  private constructor(base: CountTable, changes: readonly CountTable[]) {
    this.base = base;
    this.changes = changes;
  }

  /** Counts every source text of a repository. */
  static of(texts: readonly string[]): LanguageModel {
    const base = new CountTable(4096);
    for (const text of texts) countTokens(base, tokenHashes(text), 1);
    return new LanguageModel(base, []);
  }

  /**
   * The model of the same repository with one file changed: how the model of a broken tree is made without recounting.
   * It equals counting the changed tree. Pristine counts must never reach the Solver: they hold the fix.
   */
  withFile(before: string, after: string): LanguageModel {
    const change = new CountTable();
    const [a, b] = changedWindows(tokenHashes(before), tokenHashes(after));
    countTokens(change, a, -1);
    countTokens(change, b, 1);
    return new LanguageModel(this.base, [...this.changes, change]);
  }

  /** Scores with one function's own tokens left out, so that a function does not vouch for itself. */
  without(functionText: string): Naturalness {
    const tokens = tokenHashes(functionText);
    const own = new CountTable(tokens.length * 3);
    countTokens(own, tokens, 1);
    return new Naturalness([this.base, ...this.changes], own);
  }
}

/** Mean log2 probabilities of token sequences given the rest of the repository. */
export class Naturalness {
  private readonly tables: readonly CountTable[];
  private readonly own: CountTable;

  /** @param tables counts whose sum covers the repository */
  constructor(tables: readonly CountTable[], own: CountTable) {
    this.tables = tables;
    this.own = own;
  }

  /** How often a token occurs inside the function itself. */
  ownCount(token: number): number {
    return this.own.get(token);
  }

  /** Mean over adjacent pairs of log2 (.3 + pair count) - log2 (1 + count of the first). */
  pairs(tokens: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i + 1 < tokens.length; i++) {
      sum += Math.log2((0.3 + this.outside(pairKey(tokens[i]!, tokens[i + 1]!))) / (1 + this.outside(tokens[i]!)));
    }
    return sum / Math.max(1, tokens.length - 1);
  }

  /** The same over triples given their first two tokens. */
  triples(tokens: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i + 2 < tokens.length; i++) {
      const pair = this.outside(pairKey(tokens[i]!, tokens[i + 1]!));
      sum += Math.log2((0.3 + this.outside(tripleKey(tokens[i]!, tokens[i + 1]!, tokens[i + 2]!))) / (1 + pair));
    }
    return sum / Math.max(1, tokens.length - 2);
  }

  private outside(key: number): number {
    let count = -this.own.get(key);
    for (const table of this.tables) count += table.get(key);
    return Math.max(0, count);
  }
}

function countTokens(table: CountTable, tokens: Uint32Array, amount: number): void {
  for (let i = 0; i < tokens.length; i++) {
    table.add(tokens[i]!, amount);
    if (i + 1 < tokens.length) table.add(pairKey(tokens[i]!, tokens[i + 1]!), amount);
    if (i + 2 < tokens.length) table.add(tripleKey(tokens[i]!, tokens[i + 1]!, tokens[i + 2]!), amount);
  }
}

/** The parts that differ, each with two common tokens on both sides so that every changed n-gram lies inside. */
function changedWindows(a: Uint32Array, b: Uint32Array): [Uint32Array, Uint32Array] {
  const shortest = Math.min(a.length, b.length);
  let head = 0;
  while (head < shortest && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shortest - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const from = Math.max(0, head - 2);
  const rest = Math.max(0, tail - 2);
  return [a.subarray(from, a.length - rest), b.subarray(from, b.length - rest)];
}
