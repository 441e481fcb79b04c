import { realpathSync, statSync } from 'node:fs';
import { DataError } from '../errors.ts';
import type { Bind } from './bubblewrap-arguments.ts';
import type { Host } from './host.ts';

/** How a private writable copy of a tree is made. */
export type CopyMethod = 'overlay' | 'copy';

/** Directories that a private mount namespace may cover without hiding anything a launch needs. */
const COVERABLE = ['/mnt', '/media', '/srv', '/opt', '/home'];

/**
 * $1 stage, $2 mount table, $3 directories, $4 files, $5 tree to copy or nothing, $6 method, $7 bytes,
 * $8 overlay options, $9 owner or nothing; then what to run.
 */
const SCRIPT = `set -eu
umask 022
mount -n -t tmpfs -o mode=755,size=4m,nosuid,nodev stage "$1"
cd "$1"
mkdir $3
for name in $4; do : > "$name"; done
printf '%s' "$2" > table
mount -n -a -T table
if [ -n "$5" ]; then
  mount -n -t tmpfs -o "mode=755,size=$7,nosuid,nodev" upper upper
  mkdir upper/u upper/w upper/m
  case $6 in
    overlay) mount -n -t overlay -o "lowerdir=$1/$5,upperdir=$1/upper/u,workdir=$1/upper/w,$8" merged upper/m ;;
    copy) cp -dR --preserve=mode,timestamps,links "$5/." upper/m/ ;;
  esac
  if [ -n "$9" ]; then chown -hR "$9" upper/m; fi
fi
cd /
shift 9
exec "$@"`;

/** A launch prefix that puts bind sources where the sandbox can reach them, and the binds as seen from there. */
export interface Staging {
  prefix: string[];
  binds: Bind[];
}

interface Source {
  name: string;
  path: string;
  is_directory: boolean;
}

const inspect = ({ source }: Bind, index: number): Source => {
  try {
    const path = realpathSync(source);
    return { name: String(index), path, is_directory: statSync(path).isDirectory() };
  } catch {
    throw DataError.of({
      where: `sandbox bind ${source}`,
      expected: 'a file or directory on this machine',
      found: 'nothing there, or no permission to look',
      fix: 'bind a path that exists and is readable',
    });
  }
};

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** A directory to mount the stage on: it must exist and hide no source. */
const stageFor = (sources: readonly Source[], directories: readonly string[]): string => {
  const stage = directories.find((directory) => !sources.some(({ path }) => isWithin(path, directory)));
  if (stage !== undefined) return stage;
  throw DataError.of({
    where: 'sandbox staging',
    expected: `one of ${COVERABLE.join(', ')} to exist and hold none of the bound paths`,
    found: directories,
    fix: 'create an empty directory /srv',
  });
};

/** Escapes as fstab(5) asks for. */
const escapeField = (path: string): string =>
  path.replace(/[\s\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

const mountTable = (stage: string, sources: readonly Source[], options: string): string =>
  sources.map(({ name, path }) => `${escapeField(path)} ${stage}/${name} none ${options} 0 0\n`).join('');

const namesOf = (sources: readonly Source[]): string => sources.map(({ name }) => name).join(' ');

/** Overlay copies a file up with its owner, so an ordinary user can only write to trees of their own. */
const methodFor = (host: Host, tree: Source, method: CopyMethod): CopyMethod =>
  host.is_root || statSync(tree.path).uid === host.user_id ? method : 'copy';

/**
 * As root every source is bound into a private tmpfs, since the unprivileged sandbox user may not be able to
 * traverse the directories above it (a 0700 home or temporary directory). As an ordinary user only a tree to be
 * copied is staged, inside a user namespace. Throws a DataError for a source that does not exist.
 */
export const stageBinds = (host: Host, binds: readonly Bind[], bytes: number, method: CopyMethod): Staging => {
  const all = binds.map(inspect);
  const staged = all.filter((_, index) => host.is_root || binds[index]!.is_writable);
  if (staged.length === 0) return { prefix: [], binds: [...binds] };
  const stage = stageFor(all, host.coverable);
  const tree = all.find((_, index) => binds[index]!.is_writable);
  const space = host.is_root ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const script = [
    stage,
    mountTable(stage, staged, host.is_root ? 'rbind,ro' : 'rbind'),
    `upper ${namesOf(staged.filter(({ is_directory }) => is_directory))}`,
    namesOf(staged.filter(({ is_directory }) => !is_directory)),
    tree?.name ?? '',
    tree === undefined ? '' : methodFor(host, tree, method),
    String(bytes),
    host.is_root ? 'metacopy=on' : 'userxattr',
    host.is_root ? `${host.sandbox_user_id}:${host.sandbox_user_id}` : '',
  ];
  const staged_names = new Set(staged.map(({ name }) => name));
  return {
    prefix: [host.tools.unshare, ...space, '--propagation', 'private', '/bin/sh', '-c', SCRIPT, 'sh', ...script],
    binds: binds.map((bind, index) => ({
      ...bind,
      source: bind.is_writable
        ? `${stage}/upper/m`
        : staged_names.has(String(index))
          ? `${stage}/${index}`
          : bind.source,
    })),
  };
};

export const coverableDirectories = (): string[] =>
  COVERABLE.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
