import { chmodSync } from 'node:fs';
import type { Limits, Sandbox, SandboxCommand, SandboxProcess } from '../ports.ts';
import { findTool } from './host.ts';
import { type Rules, startLaidOut } from './laid-out.ts';
import type { Launch } from './launch.ts';
import type { Style } from './spawn-launch.ts';
import type { Workspace } from './translation.ts';
import { sweepWorkspaces } from './workspaces.ts';

/** Code that runs without isolation at least never runs as root. */
const NOBODY = 65534;
const BLOCK_BYTES = 512;
/** For systems without prlimit; POSIX counts file sizes in blocks. */
const ULIMIT = 'ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; shift 2; exec "$@"';

const isRoot = (): boolean => process.geteuid?.() === 0;

const setLimits = ({ cpu_s, file_bytes, memory_bytes }: Limits): string[] => {
  const prlimit = findTool('prlimit');
  return prlimit === null
    ? ['/bin/sh', '-c', ULIMIT, 'sh', String(cpu_s), String(Math.ceil(file_bytes / BLOCK_BYTES))]
    : [prlimit, `--cpu=${cpu_s}:${cpu_s + 1}`, `--fsize=${file_bytes}`, `--data=${memory_bytes}`, '--core=0', '--'];
};

const launchIn = (command: SandboxCommand, { root }: Workspace): Launch => {
  chmodSync(root, 0o711);
  return {
    argv: [...setLimits(command.limits), ...command.argv],
    cwd: command.cwd,
    environment: command.environment,
    inputs: [],
    has_status: false,
    group: null,
    ...(isRoot() ? { user_id: NOBODY } : {}),
  };
};

const RULES: Omit<Rules, 'owner'> = { staysInPlace: ({ source, target }) => source === target, directories: [] };

const startLocally = (command: SandboxCommand, style: Style): SandboxProcess =>
  startLaidOut(command, style, () => ({ ...RULES, owner: isRoot() ? NOBODY : null }), launchIn);

const unsafeLocalSandbox: Sandbox = {
  id: 'unsafe-local/1',
  run: (command) => startLocally(command, 'run').ended,
  start: (command) => startLocally(command, 'start'),
};

/**
 * Runs commands as ordinary processes of this machine, over private copies of what they bind: limits and a kill of the
 * process group, but no isolation whatever. They can read files, use the network and leave daemons behind.
 */
export const openUnsafeLocal = (): Sandbox => {
  sweepWorkspaces();
  return unsafeLocalSandbox;
};
