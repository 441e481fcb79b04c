import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { DataError } from '../errors.ts';
import type { SandboxCommand } from '../ports.ts';

/** A place inside that something is mounted on. */
interface MountPoint {
  target: string;
  is_file: boolean;
}

const refuse = (target: string, expected: string, found: string): never => {
  throw DataError.of({
    where: `sandbox path ${target}`,
    expected,
    found,
    fix: 'name an existing file of the bound tree by its own path, or a path outside of all bound trees',
  });
};

const isBelow = (path: string, directory: string): boolean => path.startsWith(`${directory}/`);

/** The innermost bind that holds a path, apart from a bind of that very path. */
const bindAround = ({ binds }: SandboxCommand, path: string): SandboxCommand['binds'][number] | undefined =>
  binds.filter(({ target }) => isBelow(path, target)).sort((a, b) => b.target.length - a.target.length)[0];

const entryOf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/**
 * Bubblewrap makes a missing mount point, and follows links while the host is still in sight: a link in an untrusted
 * tree would choose a host path to create. So a mount point within a bind must lie there in plain sight.
 */
const checkWithinBind = (command: SandboxCommand, { target, is_file }: MountPoint): void => {
  const around = bindAround(command, target);
  if (around === undefined) return;
  const root = realpathSync(around.source);
  const place = join(root, target.slice(around.target.length));
  const parent = entryOf(dirname(place));
  if (!parent?.isDirectory() || realpathSync(dirname(place)) !== dirname(place))
    refuse(target, 'a directory around it in the bound tree, not a link', 'no such directory, or a link');
  const entry = entryOf(place);
  if (entry === undefined && around.target === command.writable) return;
  const is_fitting = is_file ? entry?.isFile() : entry?.isFile() || entry?.isDirectory();
  if (!is_fitting)
    refuse(target, 'an existing file of the bound tree', entry === undefined ? 'no such file' : 'a link');
};

const checkForm = (target: string): void => {
  if (!target.startsWith('/') || target === '/' || normalize(target) !== target || target.endsWith('/'))
    refuse(target, 'an absolute path in its shortest form', 'another form');
};

/** Throws a DataError when a bind or file of a command would be mounted where the command does not show. */
export const checkMountPoints = (command: SandboxCommand): void => {
  const { binds, files = [], writable } = command;
  const points = [
    ...binds.map(({ target }) => ({ target, is_file: false })),
    ...files.map(({ target }) => ({ target, is_file: true })),
  ];
  for (const { target } of points) checkForm(target);
  for (const point of points) checkWithinBind(command, point);
  if (writable !== undefined && !binds.some(({ target }) => target === writable))
    refuse(writable, 'the target of one of the binds', 'no such bind');
};
