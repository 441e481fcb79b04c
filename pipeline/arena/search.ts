import type { Workspace } from './workspace.ts';

const hitLimit = 8;

/** What a developer would grep first: the longest identifier of the failing test's name that the sources contain. */
export function searchSources({ failing, sources }: Workspace): { term: string; hits: string[] } {
  const name = failing[0]!.test_id.split('::').at(-1)!;
  const terms = [...new Set(name.match(/[A-Za-z]{3,}/g) ?? [])]
    .filter((t) => t.toLowerCase() !== 'test')
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  for (const term of terms) {
    const hits = linesWith(term, sources);
    if (hits.length > 0) return { term, hits };
  }
  return { term: terms[0] ?? name, hits: [] };
}

function linesWith(term: string, sources: ReadonlyMap<string, string>): string[] {
  const wanted = term.toLowerCase();
  const hits: string[] = [];
  for (const [path, text] of sources) {
    for (const [index, line] of text.split('\n').entries()) {
      if (!line.toLowerCase().includes(wanted)) continue;
      hits.push(`${path}:${index + 1}: ${line.trim().slice(0, 120)}`);
      if (hits.length === hitLimit) return hits;
    }
  }
  return hits;
}
