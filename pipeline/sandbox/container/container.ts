import { rmSync } from 'node:fs';
import { DataError } from '../../errors.ts';
import type { Sandbox, SandboxCommand, SandboxOutcome, SandboxProcess } from '../../ports.ts';
import type { Launch } from '../launch.ts';
import { checkMountPoints } from '../mount-points.ts';
import { faultOf, probeCommand } from '../probe.ts';
import { type Style, supervise } from '../supervise.ts';
import { makeWorkspace, sweepWorkspaces } from '../workspaces.ts';
import { refuseZeroBytes } from '../zero-bytes.ts';
import { containerArguments, NOBODY } from './arguments.ts';
import { type Engine, removeContainer, requireEngine, sweepContainers } from './engine.ts';
import { layOutMounts } from './mounts.ts';

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

/** The engine's own exit codes: it could not start the container, or the command in it. */
const ENGINE_FAILED = [125, 126, 127];

const outcomeOf = (outcome: SandboxOutcome, ran_out_of_memory: boolean): SandboxOutcome => {
  if (outcome.end === 'exited' && ran_out_of_memory)
    return { ...outcome, end: 'memory', exit_code: null, detail: 'ran out of memory' };
  if (outcome.end === 'exited' && ENGINE_FAILED.includes(outcome.exit_code!) && outcome.report === '')
    return { ...outcome, end: 'infrastructure_error', exit_code: null, detail: outcome.stderr.trim().slice(-2000) };
  return outcome;
};

const launch = (engine: Engine, command: SandboxCommand, root: string, name: string, style: Style): Launch => {
  checkMountPoints(command);
  refuseZeroBytes([...command.argv, command.cwd, ...Object.entries(command.environment).flat()]);
  const { mounts, report_directory } = layOutMounts(command, root);
  const { image, most_processes } = engine;
  const container = {
    name,
    image,
    engine: engine.name,
    owner: process.pid,
    command,
    mounts,
    report_directory,
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
  const fault = faultOf(await sandbox.run(probeCommand(NOBODY, ['/home', '/root', '/var', '/etc/shadow'])));
  if (fault === null) return sandbox;
  throw DataError.of({
    where: 'sandbox',
    expected: `${engine.name} to run a command with nothing of this machine but /usr`,
    found: fault,
    fix: `see that ${engine.name} run works, with cgroups and as this user`,
  });
};
