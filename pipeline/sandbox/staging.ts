import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataError } from '../errors.ts';
import type { Bind } from './bubblewrap-arguments.ts';
import type { Host } from './host.ts';
import { hasOneOwner } from './owners.ts';
import { STAGE_SCRIPT } from './stage-script.ts';

/** How a private writable copy of a tree is made. */
export type CopyMethod = 'overlay' | 'copy';

/** Directories that a private mount namespace may cover without hiding anything a launch needs. */
const COVERABLE = ['/mnt', '/media', '/srv', '/opt', '/home'];

/** A launch prefix that puts bind sources where the sandbox can reach them, and the binds as seen from there. */
export interface Staging {
  prefix: string[];
  binds: Bind[];
}

/** The source of one bind; its name is its place on the stage. */
interface Source {
  bind: Bind;
  name: string;
  path: string;
  stats: Stats;
  /** The sandbox user can get there. */
  is_reachable: boolean;
  /** The sandbox user can read it once there. */
  is_open: boolean;
}

const OTHERS_READ = 0o004;
const OTHERS_EXECUTE = 0o001;
const OWNER_EXECUTES = 0o100;

/** Anyone may get into it. */
export const isTraversable = (directory: string): boolean =>
  (statSync(directory).mode & OTHERS_EXECUTE) !== 0 && (directory === '/' || isTraversable(dirname(directory)));

/** Anyone may read it, and run or enter it where its owner can. */
export const isOpen = (stats: Stats): boolean => {
  const must_execute = stats.isDirectory() || (stats.mode & OWNER_EXECUTES) !== 0;
  return (stats.mode & OTHERS_READ) !== 0 && (!must_execute || (stats.mode & OTHERS_EXECUTE) !== 0);
};

const inspect = (host: Host, bind: Bind, index: number): Source => {
  try {
    const path = realpathSync(bind.source);
    const stats = statSync(path);
    const is_reachable = !host.is_root || isTraversable(dirname(path));
    return { bind, name: String(index), path, stats, is_reachable, is_open: !host.is_root || isOpen(stats) };
  } catch {
    throw DataError.of({
      where: `sandbox bind ${bind.source}`,
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

/** In a user namespace a mount may not drop the flags of the one it shows, so only root asks for read-only here. */
const mountLine = (stage: string, { is_root }: Host, { path, name, stats }: Source): string => {
  const options = [...(is_root ? ['rbind', 'ro'] : ['rbind']), ...(stats.isDirectory() ? ['X-mount.mkdir'] : [])];
  return `${escapeField(path)} ${stage}/${name} none ${options.join(',')} 0 0\n`;
};

const names = (sources: readonly Source[]): string => sources.map(({ name }) => name).join(' ');

/** Overlay copies a file up with its owner, so an ordinary user can only write to trees of their own. */
const methodFor = (host: Host, { stats }: Source, method: CopyMethod): CopyMethod =>
  host.is_root || stats.uid === host.user_id ? method : 'copy';

/** Root gives the sandbox user a tree by a mapped mount: the alternative is to touch every file of it in each run. */
const mappingFor = (host: Host, { path, stats }: Source, method: CopyMethod): [script: string, owners: string] =>
  host.is_root && method === 'overlay' && host.idmap !== null && hasOneOwner(path)
    ? [host.idmap, `${stats.uid} ${stats.gid}`]
    : ['', ''];

const copyArguments = (host: Host, tree: Source | undefined, bytes: number, method: CopyMethod): string[] =>
  tree === undefined
    ? ['', '', '', '', '', '', '']
    : [
        tree.name,
        methodFor(host, tree, method),
        String(bytes),
        host.is_root ? 'metacopy=on' : 'userxattr',
        host.is_root ? `${host.sandbox_user_id}:${host.sandbox_user_id}` : '',
        ...mappingFor(host, tree, method),
      ];

const placeOf = (stage: string, { name, bind, is_open }: Source): string => {
  if (bind.is_writable) return `${stage}/upper/m`;
  return `${stage}/${is_open ? name : `open${name}`}`;
};

/** By its real path: the sandbox user may not be able to follow the links that lead there. */
const inPlace = ({ bind, path }: Source): Bind => ({ ...bind, source: path });

/**
 * Root stages what the unprivileged sandbox user could not reach (below a 0700 home or temporary directory) or read
 * (an umask of 077), an ordinary user nothing; both stage a tree that is to be written to.
 * Throws a DataError for a source that does not exist.
 */
export const stageBinds = (host: Host, binds: readonly Bind[], bytes: number, method: CopyMethod): Staging => {
  const sources = binds.map((bind, index) => inspect(host, bind, index));
  const staged = sources.filter(({ bind, is_reachable, is_open }) => bind.is_writable || !is_reachable || !is_open);
  if (staged.length === 0) return { prefix: [], binds: sources.map(inPlace) };
  const stage = stageFor(sources, host.coverable);
  const script = [
    stage,
    staged.map((source) => mountLine(stage, host, source)).join(''),
    names(staged.filter(({ stats }) => !stats.isDirectory())),
    names(staged.filter(({ bind, is_open }) => !bind.is_writable && !is_open)),
    ...copyArguments(
      host,
      staged.find(({ bind }) => bind.is_writable),
      bytes,
      method,
    ),
  ];
  const space = host.is_root ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  return {
    prefix: [host.tools.unshare, ...space, '--propagation', 'private', '/bin/sh', '-c', STAGE_SCRIPT, 'sh', ...script],
    binds: sources.map((source) =>
      staged.includes(source) ? { ...source.bind, source: placeOf(stage, source) } : inPlace(source),
    ),
  };
};

/** Directories of this machine that a stage can be mounted on. */
export const coverableDirectories = (): string[] =>
  COVERABLE.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);
