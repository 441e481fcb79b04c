import { DataError } from '../errors.ts';
import type { Sandbox, SandboxCommand, SandboxOutcome } from '../ports.ts';
import { INSIDE_ID, type ProcSource } from './bubblewrap-arguments.ts';
import { bubblewrapLaunch } from './bubblewrap-launch.ts';
import { sweepGroups } from './cgroup.ts';
import { addressesOf, type Host, inspectHost } from './host.ts';
import type { CopyMethod } from './staging.ts';
import { supervise } from './supervise.ts';

/** What every level has to offer, and the last word. */
const OWN_FILES = `
(: > /usr/file) 2>/dev/null && echo usr
(: > /tmp/file) 2>/dev/null || echo temporary-directory
(: > /probe/file) 2>/dev/null || echo private-copy
read -r line < /probe/README.md && [ "$line" = inside ] || echo overlaid-file
echo done >&3
`;

/** A root of its own, with the user it should be. Opens a kernel setting for appending but writes nothing. */
export const ownRoot = (user_id: number, hidden: readonly string[]): string => `
[ "$(id -u)" = ${user_id} ] || echo user-id
while read -r name rest; do case $name in Inter-*|face|lo:) ;; *) echo network ;; esac; done < /proc/net/dev
(: >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo proc-sys
for path in ${hidden.join(' ')}; do [ ! -e $path ] || echo host-files; done
(: > /file) 2>/dev/null && echo root-directory
`;

/**
 * A command that shows whether a sandbox isolates: its checks print a word for each thing that is not as it must be. It
 * gets a private copy at /probe, with a file laid over it, and a /tmp.
 */
export const probeCommand = (checks: string): SandboxCommand => ({
  argv: ['/bin/sh', '-c', `${checks}${OWN_FILES}`],
  binds: [{ source: import.meta.dirname, target: '/probe' }],
  files: [{ target: '/probe/README.md', content: 'inside\n' }],
  writable: '/probe',
  cwd: '/',
  environment: { PATH: '/usr/bin:/bin' },
  limits: {
    wall_ms: 20_000,
    cpu_s: 10,
    memory_bytes: 256 * 1024 * 1024,
    process_count: 32,
    output_bytes: 64 * 1024,
    file_bytes: 8 * 1024 * 1024,
  },
});

const PROBE = probeCommand(ownRoot(INSIDE_ID, ['/home', '/root', '/var', '/etc/shadow', '/sys']));

/** One way to run the chain on this machine. */
interface Variant {
  host: Host;
  method: CopyMethod;
}

/** Best first: control groups and overlay are used where they work and never required. */
const variantsOf = (host: Host): Variant[] =>
  [host, ...(host.controllers === null ? [] : [{ ...host, controllers: null }])].flatMap((host) => [
    { host, method: 'overlay' as const },
    { host, method: 'copy' as const },
  ]);

const boundOf = ({ controllers }: Host): string => {
  if (controllers === null) return 'rlimits';
  const names = [controllers.memory && 'memory', controllers.pids && 'pids'].filter(Boolean);
  return `cgroup${controllers.version}:${names.join(':')}`;
};

const LEVEL: Record<ProcSource, string> = { fresh: 'bubblewrap-full/1', bound: 'bubblewrap-bound-proc/1' };

/**
 * For example `bubblewrap-full/1+overlay+cgroup2:memory:pids+fixed-addresses`: level and version, private copies, what
 * bounds sums, and whether programs lie at the same addresses each time.
 */
const idOf = ({ host, method }: Variant): string =>
  `${LEVEL[host.proc]}+${method}+${boundOf(host)}+${addressesOf(host.fixed_addresses)}`;

const sandboxOf = (variant: Variant): Sandbox => {
  const plan = (command: SandboxCommand) => () => bubblewrapLaunch(variant.host, command, variant.method);
  return {
    id: idOf(variant),
    run: (command) => supervise(plan(command), command.limits, 'run').ended,
    start: (command) => supervise(plan(command), command.limits, 'start'),
  };
};

/** Null when all is as it must be, else what is not. */
export const faultOf = ({ end, exit_code, detail, stdout, stderr, report }: SandboxOutcome): string | null => {
  if (end === 'exited' && exit_code === 0 && report === 'done\n' && stdout === '') return null;
  const words = stdout.trim().split('\n').join(', ');
  return words !== '' ? `not isolated: ${words}` : (detail ?? `exit code ${exit_code}: ${stderr.trim()}`);
};

/** What usually stands in the way, by what the launcher says. */
const FIXES: readonly (readonly [RegExp, string])[] = [
  [
    /namespace|uid map|gid map|Operation not permitted|No permissions|clone|unshare/i,
    'allow unprivileged user namespaces: set kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0 and, on Ubuntu, kernel.apparmor_restrict_unprivileged_userns=0; in a container, start it with --security-opt seccomp=unconfined or --privileged',
  ],
  [/mount proc|\/proc/i, 'start the container with an unmasked /proc, for example --security-opt unmask=ALL'],
];

const fixFor = (fault: string): string =>
  FIXES.find(([pattern]) => pattern.test(fault))?.[1] ?? 'use bubblewrap 0.8 or later on Linux 5.11 or later';

/** A probe that something else ended tells nothing of this machine; what it lacks, it lacks each time. */
const PROBES = 3;

const lastingFault = async (sandbox: Sandbox): Promise<string | null> => {
  let fault: string | null = null;
  for (let tried = 0; tried < PROBES; tried++) {
    fault = faultOf(await sandbox.run(PROBE));
    if (fault === null) break;
  }
  return fault;
};

/**
 * The sandbox of this machine, after one real command through the whole chain has shown that it isolates: at full level
 * with a `fresh` /proc, else with the `bound` one. Throws a DataError that says what is missing.
 */
export const openBubblewrap = async (proc: ProcSource): Promise<Sandbox> => {
  const host = inspectHost(proc);
  if (host.controllers !== null) sweepGroups(host.controllers);
  let first_fault: string | null = null;
  for (const variant of variantsOf(host)) {
    const sandbox = sandboxOf(variant);
    const fault = await lastingFault(sandbox);
    if (fault === null) return sandbox;
    first_fault ??= fault;
  }
  throw DataError.of({
    where: 'sandbox',
    expected: 'bubblewrap to run a command with nothing of this machine but /usr',
    found: first_fault,
    fix: fixFor(first_fault ?? ''),
  });
};
