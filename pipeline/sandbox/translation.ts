/** A directory on the host that holds some of a command's paths. */
export interface Workspace {
  root: string;
  /** Paths inside the sandbox that lie below `root` on the host. */
  targets: readonly string[];
}

/** Text that names paths as seen inside -> the same text with their places on the host. */
export const inward = ({ root, targets }: Workspace, text: string): string => {
  if (targets.length === 0) return text;
  const longest_first = [...targets].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).map(RegExp.escape);
  const path = new RegExp(`(?<![\\w./-])(?:${longest_first.join('|')})(?![\\w.-])`, 'g');
  return text.replace(path, (target) => root + target);
};

/** Text that names places on the host -> the same text with paths as seen inside. */
export const outward = ({ root }: Workspace, text: string): string => text.replaceAll(root, '');
