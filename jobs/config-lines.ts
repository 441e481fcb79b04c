/** 1-based line of a TOML text that sets a key, or that opens the nearest section around it. */
export function lineOfSetting(text: string, place: readonly string[]): number {
  let section: string[] = [];
  let best = { line: 1, depth: 0 };
  for (const [index, content] of text.split('\n').entries()) {
    const header = /^\s*\[+\s*([^\]]+?)\s*\]/.exec(content);
    const key = /^\s*([\w"'. -]+?)\s*=/.exec(content);
    if (header) section = partsOf(header[1]!);
    const named = header ? section : key ? [...section, ...partsOf(key[1]!)] : [];
    const depth = named.every((part, i) => part === place[i]) ? named.length : 0;
    if (depth > best.depth) best = { line: index + 1, depth };
  }
  return best.line;
}

const partsOf = (dotted: string): string[] => dotted.split('.').map((part) => part.trim().replace(/^["']|["']$/g, ''));
