/** Where a command's paths lie on the host, when it has no file system of its own. */
export interface Workspace {
  /** A directory on the host that holds some of them, under their own names. */
  root: string;
  /** Paths inside the sandbox that lie below `root` on the host. */
  targets: readonly string[];
  /** Paths that lie elsewhere on the host. */
  elsewhere?: readonly { target: string; source: string }[];
}

const longestFirst = (paths: readonly string[]): string[] =>
  [...paths].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));

/** Every whole path of `places` in a text, replaced by what it leads to. */
const replacePaths = (text: string, places: ReadonlyMap<string, string>): string => {
  if (places.size === 0) return text;
  const paths = longestFirst([...places.keys()]).map(RegExp.escape);
  return text.replace(new RegExp(`(?<![\\w./-])(?:${paths.join('|')})(?![\\w.-])`, 'g'), (path) => places.get(path)!);
};

/** Text that names paths as seen inside -> the same text with their places on the host. */
export const inward = ({ root, targets, elsewhere = [] }: Workspace, text: string): string =>
  replacePaths(
    text,
    new Map([
      ...targets.map((target) => [target, root + target] as const),
      ...elsewhere.map(({ target, source }) => [target, source] as const),
    ]),
  );

/** Text that names places on the host -> the same text with paths as seen inside. */
export const outward = ({ root, elsewhere = [] }: Workspace, text: string): string =>
  replacePaths(text.replaceAll(root, ''), new Map(elsewhere.map(({ target, source }) => [source, target] as const)));
