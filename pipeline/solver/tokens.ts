/** Names, numbers, short strings, operators of Python and JavaScript, then any other character. */
const TOKEN =
  /[A-Za-z_$][\w$]*|\d+|'[^'\n]{0,20}'|"[^"\n]{0,20}"|[=!]==|=>|&&|\|\||\?\?|\?\.|\+\+|--|[<>=!*/+\-%&|^]=|\*\*|\/\/|<<|>>|\S/g;

/** Lexical tokens of program text. Not a parser: works on any fragment of either language, comments included. */
export const tokenise = (text: string): string[] => text.match(TOKEN) ?? [];

const WORD_BREAK = /[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/;

/** Lower-case parts of identifiers and prose with at least two characters: `maxLineSize` gives max, line, size. */
export function wordsOf(text: string): Set<string> {
  const words = new Set<string>();
  for (const part of text.split(WORD_BREAK)) if (part.length > 1) words.add(part.toLowerCase());
  return words;
}

/** Whether a token is a name. */
export const isName = (token: string): boolean => /^[A-Za-z_$][\w$]*$/.test(token);

/**
 * Likeness of two names: twice the longest common subsequence over the summed lengths, 0..1, case ignored.
 * Only the first 32 characters count.
 */
export function likeness(a: string, b: string): number {
  const x = a.slice(0, 32).toLowerCase();
  const y = b.slice(0, 32).toLowerCase();
  if (x.length + y.length === 0) return 1;
  const row = new Uint8Array(y.length + 1);
  for (let i = 0; i < x.length; i++) advanceRow(row, x.charCodeAt(i), y);
  return (2 * row[y.length]!) / (x.length + y.length);
}

/** One row of the longest-common-subsequence table, in place. */
function advanceRow(row: Uint8Array, code: number, y: string): void {
  let diagonal = 0;
  for (let j = 1; j <= y.length; j++) {
    const above = row[j]!;
    row[j] = y.charCodeAt(j - 1) === code ? diagonal + 1 : Math.max(above, row[j - 1]!);
    diagonal = above;
  }
}
