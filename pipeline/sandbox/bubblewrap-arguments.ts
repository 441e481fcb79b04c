import type { SandboxCommand } from '../ports.ts';
import type { Inputs } from './launch.ts';

/** User and group inside the sandbox. */
export const INSIDE_ID = 1000;
/** Size of /dev/shm inside. */
export const SHARED_MEMORY_BYTES = 16 * 1024 * 1024;

/** All of /etc that test suites were seen to need; `localhost` must resolve without a name server. */
const ETC: Record<string, string> = {
  '/etc/hosts': '127.0.0.1 localhost box\n::1 localhost\n',
  '/etc/passwd': `root:x:0:0::/:/bin/false\nbox:x:${INSIDE_ID}:${INSIDE_ID}::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n`,
  '/etc/group': `root:x:0:\nbox:x:${INSIDE_ID}:\nnogroup:x:65534:\n`,
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};

/** A top-level directory that programs expect beside /usr: a link into it, or a directory of its own. */
export interface SystemDirectory {
  path: string;
  link: string | null;
}

/** One host path shown inside. */
export interface Bind {
  source: string;
  target: string;
  is_writable: boolean;
}

export interface Inside {
  command: SandboxCommand;
  /** The command's binds, with sources as the launcher sees them, parents before children. */
  binds: readonly Bind[];
  system: readonly SystemDirectory[];
  seccomp: Uint8Array;
  proc: ProcSource;
}

const ISOLATION = [
  ...['--unshare-user', '--unshare-all', '--disable-userns', '--die-with-parent', '--new-session', '--clearenv'],
  ...['--uid', String(INSIDE_ID), '--gid', String(INSIDE_ID), '--cap-drop', 'ALL', '--hostname', 'box'],
];

const systemArguments = (system: readonly SystemDirectory[]): string[] => [
  ...['--ro-bind', '/usr', '/usr'],
  ...system.flatMap(({ path, link }) => (link === null ? ['--ro-bind', path, path] : ['--symlink', link, path])),
  ...['--ro-bind-try', '/etc/alternatives', '/etc/alternatives'],
  ...['--ro-bind-try', '/etc/ld.so.cache', '/etc/ld.so.cache'],
];

/** A process file system of the sandbox's own, or the host's where a container may not mount one. */
export type ProcSource = 'fresh' | 'bound';

const PROC: Record<ProcSource, readonly string[]> = {
  fresh: ['--proc', '/proc', '--ro-bind', '/proc/sys', '/proc/sys'],
  bound: ['--ro-bind', '/proc', '/proc'],
};

/** Bubblewrap leaves /dev and / as writable, unsized tmpfs unless they are remounted. */
const kernelArguments = (file_bytes: number, proc: ProcSource): string[] => [
  ...PROC[proc],
  ...['--dev', '/dev', '--remount-ro', '/dev'],
  ...['--size', String(SHARED_MEMORY_BYTES), '--tmpfs', '/dev/shm', '--size', String(file_bytes), '--tmpfs', '/tmp'],
];

const dataArguments = (option: string, target: string, content: string | Uint8Array, inputs: Inputs): string[] => [
  ...['--perms', '0644', option, inputs.add(content), target],
];

const isBelow = (path: string, directory: string | undefined): boolean =>
  directory !== undefined && path.startsWith(`${directory.replace(/\/+$/, '')}/`);

const fileArguments = ({ files = [], writable }: SandboxCommand, inputs: Inputs): string[] =>
  files.flatMap(({ target, content }) =>
    dataArguments(isBelow(target, writable) ? '--bind-data' : '--ro-bind-data', target, content, inputs),
  );

/** The options of one bubblewrap call, in the order bubblewrap carries them out. Contents go into `inputs`. */
export const bubblewrapArguments = ({ command, binds, system, seccomp, proc }: Inside, inputs: Inputs): string[] => [
  ...ISOLATION,
  ...Object.entries(command.environment).flatMap(([name, value]) => ['--setenv', name, value]),
  ...systemArguments(system),
  ...Object.entries(ETC).flatMap(([path, text]) => dataArguments('--ro-bind-data', path, text, inputs)),
  ...kernelArguments(command.limits.file_bytes, proc),
  ...binds.flatMap(({ source, target, is_writable }) => [is_writable ? '--bind' : '--ro-bind', source, target]),
  ...fileArguments(command, inputs),
  ...['--chdir', command.cwd, '--remount-ro', '/', '--seccomp', inputs.add(seccomp)],
];
