import { isTestPath } from '../../traces/patches.ts';

/** A change to one place: a file, the function or class around it, and the words that came and went. */
export interface Hunk {
  path: string;
  /** Name of the function or class, as the patch shows it; null at the top of a file. */
  symbol: string | null;
  added: Set<string>;
  removed: Set<string>;
  is_new_file: boolean;
}

/** `path::symbol`, or the path alone. */
export const placeOf = ({ path, symbol }: Pick<Hunk, 'path' | 'symbol'>): string =>
  symbol ? `${path}::${symbol}` : path;

const definitions: readonly RegExp[] = [
  /^\s*(?:async\s+)?def\s+(\w+)/,
  /^\s*class\s+(\w+)/,
  /^\s*(?:export\s+)?(?:async\s+)?function\s*\*?\s*(\w+)/,
  /^\s*func\s+(?:\([^)]*\)\s*)?(\w+)/,
  /^\s*(?:pub\s+)?fn\s+(\w+)/,
  /^\s*(?:public|private|protected|static|final|abstract|synchronized|override|internal|\s)*[\w<>[\],.?\s]+\s(\w+)\s*\([^;]*$/,
];

const symbolIn = (line: string): string | null => {
  for (const pattern of definitions) {
    const name = line.match(pattern)?.[1];
    if (name && !keywords.has(name)) return name;
  }
  return null;
};

/** Changes to files that are neither tests nor scratch files of the agent, hunk by hunk. */
export function hunksOf(patch: string): Hunk[] {
  const hunks: Hunk[] = [];
  let path = '';
  let isNew = false;
  let current: Hunk | null = null;
  for (const line of patch.split(/\r?\n/)) {
    const file = line.match(/^diff --git "?a\/.+? "?b\/(.+?)"?$/)?.[1];
    if (file) {
      path = file;
      isNew = false;
      current = null;
    } else if (line.startsWith('new file mode')) isNew = true;
    else if (line.startsWith('@@')) {
      current = {
        path,
        symbol: symbolIn(line.replace(/^@@.*?@@ ?/, '')),
        added: new Set(),
        removed: new Set(),
        is_new_file: isNew,
      };
      if (isSource(path, isNew)) hunks.push(current);
    } else if (current) readLine(line, current);
  }
  return hunks;
}

/** The nearest definition above the first change names the place better than the header, which shows the one before the hunk. */
function readLine(line: string, hunk: Hunk): void {
  const sign = line[0];
  const text = line.slice(1);
  const isUntouched = hunk.added.size === 0 && hunk.removed.size === 0;
  if (sign === ' ' && isUntouched) hunk.symbol = symbolIn(text) ?? hunk.symbol;
  if (sign === '+' && !line.startsWith('+++')) for (const word of wordsIn(text)) hunk.added.add(word);
  if (sign === '-' && !line.startsWith('---')) for (const word of wordsIn(text)) hunk.removed.add(word);
}

const isSource = (path: string, isNew: boolean): boolean =>
  !isTestPath(path) &&
  !(isNew && !path.includes('/')) &&
  !/(?:^|\/)(?:repro\w*|reproduc\w*|debug\w*|test\w*|check\w*|verify\w*|demo\w*|fix\w*|patch\w*)\.\w+$/i.test(path) &&
  !/\.(?:md|rst|txt|orig|rej|log|bak|toml|cfg|lock|gitignore)$/.test(path);

const keywords = new Set(
  'if else elif for while return def class import from not and or None True False self cls try except finally raise with as pass break continue lambda yield assert is in new null true false this void int string public private static final var let const function async await the that with print len str list dict set tuple type isinstance super init'.split(
    ' ',
  ),
);

/** Names and attribute paths; no keywords, no numbers, no words of comments. */
export function wordsIn(code: string): string[] {
  const bare = code.replace(/#.*$|\/\/.*$/, '').replace(/"""[\s\S]*$/, '');
  return [...bare.matchAll(/[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*/g)]
    .map((match) => match[0].replace(/^(?:self|this|cls)\./, ''))
    .filter((word) => word.length > 2 && !keywords.has(word));
}
