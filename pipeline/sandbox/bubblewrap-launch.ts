import type { Limits, SandboxCommand } from '../ports.ts';
import { type Bind, bubblewrapArguments, SHARED_MEMORY_BYTES } from './bubblewrap-arguments.ts';
import { createGroup, type Group } from './cgroup.ts';
import type { HardLimits, Host } from './host.ts';
import { Inputs, type Launch, STATUS_FD } from './launch.ts';
import { checkMountPoints } from './mount-points.ts';
import { type CopyMethod, stageBinds } from './staging.ts';
import { refuseZeroBytes } from './zero-bytes.ts';

const OPEN_FILES = 1024;
/** The sandbox mirrors /usr, so the program that sets the last limit is found there. */
const PRLIMIT_INSIDE = '/usr/bin/prlimit';

const setLimits = (prlimit: string, limits: Limits, hard: HardLimits): string[] => {
  const cpu_s = Math.min(Math.ceil(limits.cpu_s), hard.cpu_s);
  return [
    prlimit,
    `--cpu=${cpu_s}:${Math.min(cpu_s + 1, hard.cpu_s)}`,
    `--fsize=${Math.min(limits.file_bytes, hard.file_bytes)}`,
    `--nofile=${Math.min(OPEN_FILES, hard.open_files)}`,
    `--data=${Math.min(limits.memory_bytes, hard.data_bytes)}`,
    '--core=0',
  ];
};

/** Code that started as host root would own the host's /proc/sys and pass every process limit. */
const dropRoot = ({ is_root, tools, sandbox_user_id }: Host): string[] =>
  is_root
    ? [
        ...[tools.setpriv, '--reuid', String(sandbox_user_id), '--regid', String(sandbox_user_id)],
        ...['--clear-groups', '--inh-caps=-all', '--no-new-privs'],
      ]
    : [];

/** What the kernel charges to the group: the processes' memory and everything they keep in memory file systems. */
const groupFor = ({ controllers }: Host, { limits, writable }: SandboxCommand): Group | null => {
  if (controllers === null) return null;
  const { memory_bytes, file_bytes, process_count } = limits;
  const files = SHARED_MEMORY_BYTES + file_bytes * (writable === undefined ? 1 : 2);
  return createGroup(controllers, { memory_bytes: memory_bytes + files, process_count });
};

const bindsOf = ({ binds, writable }: SandboxCommand): Bind[] =>
  binds
    .map(({ source, target }) => ({ source, target, is_writable: target === writable }))
    .sort((a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0));

/** The number of processes is limited inside, where the kernel counts them for this sandbox alone. */
const limitProcesses = ({ process_count }: Limits, hard: HardLimits): string[] => [
  PRLIMIT_INSIDE,
  `--nproc=${Math.min(process_count, hard.processes)}`,
  '--',
];

/** As bubblewrap reads options from a descriptor. A zero byte in one of them would begin an option of its own. */
const separated = (options: readonly string[]): string => {
  refuseZeroBytes(options);
  return options.map((option) => `${option}\0`).join('');
};

/** The whole chain from the caller to the command. Throws a DataError for a bind that cannot be made. */
export const bubblewrapLaunch = (host: Host, command: SandboxCommand, method: CopyMethod): Launch => {
  checkMountPoints(command);
  const staging = stageBinds(host, bindsOf(command), command.limits.file_bytes, method);
  const inputs = new Inputs();
  const inside = { command, binds: staging.binds, system: host.system, seccomp: host.seccomp, proc: host.proc };
  const options = inputs.add(separated(bubblewrapArguments(inside, inputs)));
  const group = groupFor(host, command);
  return {
    argv: [
      ...(group?.enter ?? []),
      ...staging.prefix,
      ...dropRoot(host),
      ...setLimits(host.tools.prlimit, command.limits, host.hard_limits),
      ...(host.fixed_addresses ?? []),
      ...[host.tools.bwrap, '--args', options, '--json-status-fd', String(STATUS_FD), '--'],
      ...limitProcesses(command.limits, host.hard_limits),
      ...command.argv,
    ],
    cwd: '/',
    environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C' },
    inputs: inputs.list,
    has_status: true,
    group,
  };
};
