import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../errors.ts';
import type { Sandbox, SandboxCommand, SandboxOutcome, SandboxProcess } from '../../ports.ts';
import { readOrNull } from '../family.ts';
import type { Launch } from '../launch.ts';
import { checkMountPoints } from '../mount-points.ts';
import { faultOf, ownRoot, probeCommand } from '../probe.ts';
import type { Style } from '../spawn-launch.ts';
import { supervise } from '../supervise.ts';
import { makeWorkspace, sweepWorkspaces } from '../workspaces.ts';
import { refuseZeroBytes } from '../zero-bytes.ts';
import { containerArguments, NOBODY } from './arguments.ts';
import { type Engine, removeContainer, requireEngine, sweepContainers } from './engine.ts';
import { layOutMounts } from './mounts.ts';
import { seccompProfile } from './seccomp-profile.ts';

/**
 * Reads the report's pipe until the container has ended. The last line lets the reader go when nothing ever wrote:
 * opened for both ways a pipe does not wait.
 */
const WITH_REPORT = `
pipe=$1; shift
exec 9<> "$pipe"
cat < "$pipe" 9>&- >&3 &
"$@" 3>&- 9>&-
code=$?
exec 9>&-
wait
exit $code`;

let container_count = 0;

/** What the engine says when it could not start the container, and the program that starts the command in it. */
const NEVER_STARTED: Readonly<Record<number, RegExp>> = {
  125: /^Error: |^docker: /m,
  126: /^\S*env: |^Error: /m,
  127: /^\S*env: |^Error: /m,
};

const outcomeOf = (outcome: SandboxOutcome, ran_out_of_memory: boolean): SandboxOutcome => {
  const { end, exit_code, stderr } = outcome;
  if (ran_out_of_memory && end !== 'killed')
    return { ...outcome, end: 'memory', exit_code: null, detail: 'ran out of memory' };
  if (end === 'exited' && NEVER_STARTED[exit_code!]?.test(stderr))
    return { ...outcome, end: 'infrastructure_error', exit_code: null, detail: stderr.trim().slice(-2000) };
  return outcome;
};

const launch = (engine: Engine, command: SandboxCommand, root: string, name: string, style: Style): Launch => {
  checkMountPoints(command);
  refuseZeroBytes([...command.argv, command.cwd, ...Object.entries(command.environment).flat()]);
  const { mounts, report_directory } = layOutMounts(command, root);
  const seccomp_file = join(root, 'seccomp.json');
  writeFileSync(seccomp_file, seccompProfile());
  const { image, most_processes } = engine;
  const pid_file = join(root, 'pid');
  const container = {
    name,
    image,
    engine: engine.name,
    owner: process.pid,
    command,
    mounts,
    report_directory,
    pid_file,
    seccomp_file,
    most_processes,
  };
  const argv = containerArguments({ ...container, takes_lines: style === 'start' });
  return {
    argv: ['/bin/sh', '-c', WITH_REPORT, 'sh', `${report_directory}/pipe`, engine.path, ...argv],
    cwd: '/',
    environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/', LANG: 'C' },
    inputs: [],
    has_status: false,
    group: null,
    others: () => [Number(readOrNull(pid_file))].filter(Boolean),
  };
};

const start = (engine: Engine, command: SandboxCommand, style: Style): SandboxProcess => {
  const name = `socratic-swe-${process.pid}-${container_count++}`;
  let root: string | null = null;
  const started = supervise(
    () => {
      root = makeWorkspace();
      return launch(engine, command, root, name, style);
    },
    command.limits,
    style,
  );
  const finish = async (outcome: SandboxOutcome): Promise<SandboxOutcome> => {
    const { ran_out_of_memory } = await removeContainer(engine, name);
    if (root !== null) rmSync(root, { recursive: true, force: true });
    return outcomeOf(outcome, ran_out_of_memory);
  };
  return { ...started, ended: started.ended.then(finish) };
};

/** For example `container/1+podman-4`. */
const sandboxOf = (engine: Engine): Sandbox => ({
  id: `container/1+${engine.name}-${engine.version}`,
  run: (command) => start(engine, command, 'run').ended,
  start: (command) => start(engine, command, 'start'),
});

/**
 * Commands in containers of podman or docker, one each, after one of them has shown that it isolates.
 * Throws a DataError that says what is missing.
 */
export const openContainers = async (): Promise<Sandbox> => {
  const engine = await requireEngine();
  sweepWorkspaces();
  await sweepContainers(engine);
  const sandbox = sandboxOf(engine);
  const fault = faultOf(await sandbox.run(probeCommand(ownRoot(NOBODY, ['/home', '/root', '/var', '/etc/shadow']))));
  if (fault === null) return sandbox;
  throw DataError.of({
    where: 'sandbox',
    expected: `${engine.name} to run a command with nothing of this machine but /usr`,
    found: fault,
    fix: `see that ${engine.name} run works, with cgroups and as this user`,
  });
};
