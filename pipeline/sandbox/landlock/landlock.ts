import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataError } from '../../errors.ts';
import type { Sandbox, SandboxCommand, SandboxProcess } from '../../ports.ts';
import { addressesOf, architecture, findFixedAddresses, findTool, systemDirectories } from '../host.ts';
import { type Bind, startLaidOut } from '../laid-out.ts';
import type { Launch } from '../launch.ts';
import { checkMountPoints } from '../mount-points.ts';
import { faultOf, probeCommand } from '../probe.ts';
import { seccompProgram } from '../seccomp.ts';
import type { Style } from '../spawn-launch.ts';
import { isOpen, isTraversable } from '../staging.ts';
import { ownershipCalls } from '../syscalls.ts';
import type { Workspace } from '../translation.ts';
import { sweepWorkspaces } from '../workspaces.ts';
import { refuseZeroBytes } from '../zero-bytes.ts';
import { HOST_ROOT } from './host-root.ts';
import { claimUser, ownUsersObstacle, releaseUser } from './own-user.ts';

const GUARD = join(import.meta.dirname, 'guard.py');
/** All that is readable of the host besides /usr and what a command binds. */
const READABLE = [
  '/usr',
  // Programs stop at what is there and may not be read, where they would go on without it.
  ...[
    'ld.so.cache',
    'alternatives',
    'hosts',
    'nsswitch.conf',
    'localtime',
    'ssl/openssl.cnf',
    'pki/tls/openssl.cnf',
  ].map((name) => `/etc/${name}`),
];
const DEVICES = ['/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom'];
const TEMPORARY = '/tmp';

/** Since which version of Landlock a sandbox holds: files cannot be emptied, and signals do not leave it. */
const NEEDED_ABI = { own: 3, same: 6 } as const;

interface Machine {
  python: string;
  abi: number;
  seccomp: string;
  /** Commands run as a user of their own, which only root can arrange; else as the caller. */
  users: 'own' | 'same';
  fixed_addresses: readonly string[] | null;
}

const requirePython = (): string => {
  const python = findTool('python3');
  if (python !== null) return python;
  throw DataError.of({
    where: 'sandbox',
    expected: 'python3 in /usr/bin, which gives up rights before it starts a command',
    found: 'none',
    fix: 'install python3, for example: apt-get install python3',
  });
};

const requireAbi = (python: string, users: Machine['users']): number => {
  const abi = Number(execFileSync(python, ['-IS', GUARD, 'abi'], { encoding: 'utf8' }));
  if (abi >= NEEDED_ABI[users]) return abi;
  throw DataError.of({
    where: 'sandbox',
    expected: `Landlock of version ${NEEDED_ABI[users]} or later`,
    found: abi < 0 ? 'a kernel without Landlock' : `version ${abi}`,
    fix: `use Linux ${users === 'own' ? '6.2' : '6.12'} or later, and add landlock to the kernel parameter lsm=`,
  });
};

/** Sockets lead out, since there is no network of its own. An ordinary user's files could be given other modes. */
const filterFor = (users: Machine['users']): string => {
  const machine = architecture();
  const strictness = users === 'own' ? { refused: [] } : { refused: ownershipCalls(machine), is_alone: true };
  return Buffer.from(seccompProgram(machine, { families: [], ...strictness })).toString('hex');
};

const inspectMachine = (): Machine => {
  const users = process.geteuid!() === 0 ? 'own' : 'same';
  const obstacle = users === 'own' ? ownUsersObstacle() : null;
  if (obstacle !== null) throw obstacle;
  const python = requirePython();
  const abi = requireAbi(python, users);
  return { python, users, abi, seccomp: filterFor(users), fixed_addresses: findFixedAddresses() };
};

const closedTo = (source: string): DataError =>
  DataError.of({
    where: `sandbox bind ${source}`,
    expected: 'a path that any user can reach, since it must keep its name',
    found: 'a directory on the way to it that only its owner may enter',
    fix: 'use an interpreter of /usr, or run as the ordinary user whom it belongs to',
  });

/**
 * Interpreters know their own path, so they stay; a file may stay. Directories are copied: around them lie files that
 * would be found and may not be read, as a package.json above a module.
 */
const staysInPlace =
  (users: Machine['users']) =>
  ({ source, target }: Bind): boolean => {
    const path = realpathSync(source);
    const stats = statSync(path);
    const is_fixed = source === target;
    if (!is_fixed && stats.isDirectory()) return false;
    const is_reachable = users === 'same' || (isTraversable(dirname(path)) && isOpen(stats));
    if (is_fixed && !is_reachable) throw closedTo(source);
    return is_reachable;
  };

const readable = ({ root, elsewhere = [] }: Workspace): string[] => [
  ...READABLE,
  ...systemDirectories().map(({ path }) => path),
  ...elsewhere.map(({ source }) => source),
  root,
];

const policyOf = (machine: Machine, command: SandboxCommand, workspace: Workspace, user_id: number | null): object => ({
  parent_pid: process.pid,
  user_id,
  abi: machine.abi,
  filter: machine.seccomp,
  readable: readable(workspace).filter((path) => existsSync(path)),
  writable: [TEMPORARY, ...(command.writable === undefined ? [] : [command.writable])].map(
    (path) => workspace.root + path,
  ),
  devices: DEVICES.filter((path) => existsSync(path)),
  limits: { ...command.limits, cpu_s: Math.ceil(command.limits.cpu_s) },
  argv: command.argv,
  cwd: command.cwd,
  environment: { ...command.environment, TMPDIR: workspace.root + TEMPORARY },
});

const launch = (machine: Machine, command: SandboxCommand, workspace: Workspace, user_id: number | null): Launch => {
  chmodSync(workspace.root, 0o711);
  return {
    argv: [...(machine.fixed_addresses ?? []), machine.python, '-IS', GUARD],
    cwd: '/',
    environment: { LANG: 'C' },
    inputs: [Buffer.from(JSON.stringify(policyOf(machine, command, workspace, user_id)))],
    has_status: true,
    group: null,
  };
};

const start = (machine: Machine, command: SandboxCommand, style: Style): SandboxProcess => {
  let user_id: number | null = null;
  const rules = () => {
    checkMountPoints(command);
    refuseZeroBytes([...command.argv, command.cwd, ...Object.entries(command.environment).flat()]);
    if (machine.users === 'own') user_id = claimUser();
    return { owner: user_id, staysInPlace: staysInPlace(machine.users), directories: [TEMPORARY] };
  };
  const started = startLaidOut(command, style, rules, (placed, workspace) =>
    launch(machine, placed, workspace, user_id),
  );
  const ended = started.ended.finally(() => {
    if (user_id !== null) releaseUser(user_id);
  });
  return { ...started, ended };
};

/** For example `landlock/1+abi7+own-user+rlimits+fixed-addresses`. */
const sandboxOf = (machine: Machine): Sandbox => ({
  id: `landlock/1+abi${machine.abi}+${machine.users}-user+rlimits+${addressesOf(machine.fixed_addresses)}`,
  run: (command) => start(machine, command, 'run').ended,
  start: (command) => start(machine, command, 'start'),
});

/**
 * Commands without namespaces, after one real command has shown that it can touch nothing but its workspace.
 * Throws a DataError that says what is missing.
 */
export const openLandlock = async (): Promise<Sandbox> => {
  const sandbox = sandboxOf(inspectMachine());
  sweepWorkspaces();
  const fault = faultOf(await sandbox.run(probeCommand(HOST_ROOT)));
  if (fault === null) return sandbox;
  throw DataError.of({
    where: 'sandbox',
    expected: 'Landlock to run a command that can read nothing but /usr and write nothing but /tmp',
    found: fault,
    fix: 'use Linux 6.2 or later with Landlock and seccomp',
  });
};
