import { spawnSync } from 'node:child_process';
import { accessSync, constants, lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { machine } from 'node:os';
import { DataError } from '../errors.ts';
import type { ProcSource, SystemDirectory } from './bubblewrap-arguments.ts';
import { type Controllers, findControllers } from './cgroup.ts';
import { idmapScript } from './idmap-script.ts';
import { seccompProgram } from './seccomp.ts';
import { coverableDirectories } from './staging.ts';
import type { Architecture } from './syscalls.ts';

/** Fixed places: the caller's PATH must not decide what guards the machine. */
const TOOL_DIRECTORIES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];
const TOOLS = ['bwrap', 'prlimit', 'setpriv', 'unshare', 'mount'] as const;
const PACKAGE: Record<Tool, string> = {
  bwrap: 'bubblewrap',
  prlimit: 'util-linux',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  mount: 'util-linux',
};
const SYSTEM_DIRECTORIES = ['/bin', '/sbin', '/lib', '/lib32', '/lib64'];
/** `nobody`: owns nothing on the host. */
const NOBODY = 65534;

export type Tool = (typeof TOOLS)[number];

/** What this machine offers the sandbox; read once. */
export interface Host {
  tools: Readonly<Record<Tool, string>>;
  system: readonly SystemDirectory[];
  coverable: readonly string[];
  seccomp: Uint8Array;
  proc: ProcSource;
  /** What starts a program at the same addresses each time; null where that is not to be had. */
  fixed_addresses: readonly string[] | null;
  /** Perl that maps the owner of a tree; null where there is no Perl. */
  idmap: string | null;
  is_root: boolean;
  user_id: number;
  /** The host user that bubblewrap runs as. Never 0. */
  sandbox_user_id: number;
  /** Hard limits of this process, which an unprivileged child cannot exceed. */
  hard_limits: HardLimits;
  controllers: Controllers | null;
}

export interface HardLimits {
  open_files: number;
  processes: number;
  data_bytes: number;
  file_bytes: number;
  cpu_s: number;
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where a program lies, or null. */
export const findTool = (name: string): string | null =>
  TOOL_DIRECTORIES.map((directory) => `${directory}/${name}`).find(isExecutable) ?? null;

export const architecture = (): Architecture => {
  if (process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')) return process.arch;
  throw DataError.of({
    where: 'sandbox',
    expected: 'Linux on x86_64 or aarch64',
    found: `${process.platform} ${process.arch}`,
    fix: 'run inside a Linux virtual machine or container, or ask for the unsafe-local sandbox by name',
  });
};

/** Where the programs of the chain lie. Throws a DataError that names the packages to install. */
export const requireTools = (find: (name: string) => string | null = findTool): Record<Tool, string> => {
  const found = TOOLS.map((tool) => [tool, find(tool)] as const);
  const missing = found.filter(([, path]) => path === null).map(([tool]) => tool);
  if (missing.length === 0) return Object.fromEntries(found) as Record<Tool, string>;
  const packages = [...new Set(missing.map((tool) => PACKAGE[tool]))].sort();
  throw DataError.of({
    where: 'sandbox',
    expected: `${TOOLS.join(', ')} in ${TOOL_DIRECTORIES.join(', ')}`,
    found: `no ${missing.join(', ')}`,
    fix: `install ${packages.join(' and ')}, for example: apt-get install ${packages.join(' ')}`,
  });
};

export const systemDirectories = (): SystemDirectory[] =>
  SYSTEM_DIRECTORIES.flatMap((path) => {
    const entry = lstatSync(path, { throwIfNoEntry: false });
    if (entry === undefined) return [];
    return [{ path, link: entry.isSymbolicLink() ? readlinkSync(path) : null }];
  });

/** Hard limits from the text of /proc/self/limits. */
export const parseHardLimits = (text: string): HardLimits => {
  const hard = (name: string): number => {
    const word = new RegExp(`^${name} +\\S+ +(\\S+)`, 'm').exec(text)?.[1] ?? 'unlimited';
    return word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
  };
  return {
    open_files: hard('Max open files'),
    processes: hard('Max processes'),
    data_bytes: hard('Max data size'),
    file_bytes: hard('Max file size'),
    cpu_s: hard('Max cpu time'),
  };
};

const SET_USER_ID = 0o4000;

/**
 * Python orders sets of classes, and before 3.12 of None, by their addresses, and tests that tell pass or fail by it.
 * Filters of container engines forbid the call, and a program with rights of its own undoes it.
 */
export const findFixedAddresses = (): readonly string[] | null => {
  const setarch = findTool('setarch');
  if (setarch === null) return null;
  const start = [machine(), '--addr-no-randomize'];
  return spawnSync(setarch, [...start, 'true']).status === 0 ? [setarch, ...start] : null;
};

/** How an id tells. */
export const addressesOf = (fixed_addresses: readonly string[] | null): string =>
  fixed_addresses === null ? 'random-addresses' : 'fixed-addresses';

const hasRightsOfItsOwn = (program: string): boolean => (statSync(program).mode & SET_USER_ID) !== 0;

/** Throws a DataError that says what to install when this machine cannot hold the full sandbox. */
export const inspectHost = (proc: ProcSource = 'fresh'): Host => {
  const seccomp = seccompProgram(architecture());
  const tools = requireTools();
  const user_id = process.geteuid!();
  return {
    tools,
    seccomp,
    proc,
    fixed_addresses: hasRightsOfItsOwn(tools.bwrap) ? null : findFixedAddresses(),
    idmap: findTool('perl') === null ? null : idmapScript(architecture()),
    system: systemDirectories(),
    coverable: coverableDirectories(),
    is_root: user_id === 0,
    user_id,
    sandbox_user_id: user_id === 0 ? NOBODY : user_id,
    hard_limits: parseHardLimits(readFileSync('/proc/self/limits', 'utf8')),
    controllers: findControllers({ user_id, membership: readFileSync('/proc/self/cgroup', 'utf8') }),
  };
};
