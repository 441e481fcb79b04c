import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const known = new Map<string, boolean>();

const belongsTo = (path: string, uid: number, gid: number): boolean => {
  const stats = lstatSync(path);
  if (stats.uid !== uid || stats.gid !== gid) return false;
  return !stats.isDirectory() || readdirSync(path).every((name) => belongsTo(join(path, name), uid, gid));
};

/** Everything in a tree has the user and group of its root. Looked at once: trees that are bound are never written to. */
export const hasOneOwner = (root: string): boolean => {
  const { uid, gid } = lstatSync(root);
  const is_known = known.get(root) ?? belongsTo(root, uid, gid);
  known.set(root, is_known);
  return is_known;
};
