import { longestWall } from '../../patience.ts';
import type { SandboxCommand } from '../../ports.ts';

/** What a container engine is asked to start. */
export interface Container {
  name: string;
  image: string;
  engine: 'podman' | 'docker';
  /** Host process that it belongs to. */
  owner: number;
  command: SandboxCommand;
  /** Every path of the host that it sees, parents before children. */
  mounts: readonly { source: string; target: string; is_writable: boolean }[];
  /** Directory on the host that holds the pipe for the report. */
  report_directory: string;
  /** Where podman writes the number of the container's first process. */
  pid_file: string;
  /** Filter of system calls, in the engine's own form. */
  seccomp_file: string;
  takes_lines: boolean;
  /** Most processes that the user may have on the whole machine; an engine without rights cannot ask for more. */
  most_processes: number;
}

export const OWNER_LABEL = 'socratic-swe.owner';
/** Where the report's pipe lies inside. */
const REPORT = '/report';
/** Owns nothing, on the host as inside. */
export const NOBODY = 65534;
const SHARED_MEMORY_BYTES = 16 * 1024 * 1024;

/** Ends even when nobody is left on the host to end it. The report is descriptor 3, as everywhere, and the environment holds
 * nothing that the engine added. */
const ENTER = `exec timeout -s KILL "$0" /bin/sh -c 'exec /usr/bin/env -i "$@" 3> ${REPORT}/pipe' sh "$@"`;

const mountOption = ({ source, target, is_writable }: Container['mounts'][number]): string =>
  `--mount=type=bind,source=${source},target=${target}${is_writable ? '' : ',readonly'}`;

/** Arguments of `docker run` and `podman run`, which are the same. Computes values and starts nothing. */
export const containerArguments = (container: Container): string[] => {
  const {
    name,
    image,
    engine,
    owner,
    command,
    mounts,
    report_directory,
    pid_file,
    seccomp_file,
    takes_lines,
    most_processes,
  } = container;
  const { cpu_s, wall_ms, memory_bytes, process_count, file_bytes } = command.limits;
  const seconds = Math.ceil(cpu_s);
  return [
    ...['run', '--rm=false', `--name=${name}`, `--label=${OWNER_LABEL}=${owner}`, '--pull=never', '--log-driver=none'],
    ...[
      '--network=none',
      '--read-only',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      `--user=${NOBODY}:${NOBODY}`,
    ],
    ...[`--memory=${memory_bytes}`, `--memory-swap=${memory_bytes}`, `--pids-limit=${process_count + 2}`],
    ...[
      `--ulimit=cpu=${seconds}:${seconds + 1}`,
      `--ulimit=fsize=${file_bytes}`,
      '--ulimit=core=0:0',
      '--ulimit=nofile=1024:1024',
    ],
    `--ulimit=nproc=${most_processes}:${most_processes}`,
    ...[
      `--tmpfs=/tmp:rw,nosuid,nodev,size=${file_bytes},mode=1777`,
      `--shm-size=${SHARED_MEMORY_BYTES}`,
      '--hostname=box',
    ],
    // Podman alone adds writable directories to a read-only container, and says which process is the container's.
    ...(engine === 'podman' ? ['--read-only-tmpfs=false', `--pidfile=${pid_file}`] : []),
    ...mounts.map(mountOption),
    `--mount=type=bind,source=${report_directory},target=${REPORT},readonly`,
    `--security-opt=seccomp=${seccomp_file}`,
    ...(takes_lines ? ['--interactive'] : []),
    ...[`--workdir=${command.cwd}`, '--entrypoint=/bin/sh', image, '-c', ENTER],
    ...[String(Math.ceil(longestWall(wall_ms) / 1000) + 1)],
    ...Object.entries(command.environment).map(([key, value]) => `${key}=${value}`),
    ...command.argv,
  ];
};
