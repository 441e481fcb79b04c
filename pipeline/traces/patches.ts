/** Files that a unified diff touches, sorted, without duplicates; empty for null and for text that is no diff. */
export function pathsInPatch(patch: string | null | undefined): string[] {
  if (!patch) return [];
  const paths = new Set<string>();
  for (const match of patch.matchAll(/^diff --git "?a\/(.+?)"? "?b\/(.+?)"?\r?$/gm)) paths.add(match[2]!);
  if (paths.size === 0) {
    for (const match of patch.matchAll(/^\+\+\+ (?:b\/)?(\S+)/gm)) if (match[1] !== '/dev/null') paths.add(match[1]!);
  }
  return [...paths].sort();
}

/** Names that tests go by in the languages of the public sets. */
export const isTestPath = (path: string): boolean =>
  /(^|\/)(tests?|__tests__|testing|spec|specs)\//i.test(path) ||
  /(^|\/)(test_[^/]*|[^/]*_test|[^/]*[.-](test|spec)|conftest|[A-Z]\w*Test|[A-Z]\w*Tests|[A-Z]\w*IT)\.\w+$/.test(path);
