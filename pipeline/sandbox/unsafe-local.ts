import { cpSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Limits, Sandbox, SandboxCommand, SandboxOutcome, SandboxProcess } from '../ports.ts';
import { findTool } from './host.ts';
import type { Launch } from './launch.ts';
import { type Style, supervise } from './supervise.ts';
import { inward, outward, type Workspace } from './translation.ts';

/** Code that runs without isolation at least never runs as root. */
const NOBODY = 65534;
const BLOCK_BYTES = 512;
/** For systems without prlimit; POSIX counts file sizes in blocks. */
const ULIMIT = 'ulimit -c 0; ulimit -t "$1"; ulimit -f "$2"; shift 2; exec "$@"';

const isRoot = (): boolean => process.geteuid?.() === 0;

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** Binds that need a private copy: all but untouched paths that keep their name. */
const copiedBinds = ({ binds, files = [], writable }: SandboxCommand): SandboxCommand['binds'] =>
  binds.filter(
    ({ source, target }) =>
      source !== target || target === writable || files.some((file) => isWithin(file.target, target)),
  );

const giveAway = (path: string): void => {
  lchownSync(path, NOBODY, NOBODY);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) giveAway(join(path, entry.name));
    else lchownSync(join(path, entry.name), NOBODY, NOBODY);
  }
};

/** A file brings its directory along, so that text which names only that is translated too. */
const homeOf = (target: string): string => (dirname(target) === '/' ? target : dirname(target));

const layOut = (command: SandboxCommand, root: string): Workspace => {
  const { files = [] } = command;
  const copied = copiedBinds(command);
  for (const { source, target } of copied)
    cpSync(realpathSync(source), root + target, { recursive: true, verbatimSymlinks: true });
  for (const { target, content } of files) {
    mkdirSync(dirname(root + target), { recursive: true });
    writeFileSync(root + target, content);
  }
  if (isRoot()) giveAway(root);
  return { root, targets: [...copied.map(({ target }) => target), ...files.map(({ target }) => homeOf(target))] };
};

const setLimits = ({ cpu_s, file_bytes, memory_bytes }: Limits): string[] => {
  const prlimit = findTool('prlimit');
  return prlimit === null
    ? ['/bin/sh', '-c', ULIMIT, 'sh', String(cpu_s), String(Math.ceil(file_bytes / BLOCK_BYTES))]
    : [prlimit, `--cpu=${cpu_s}:${cpu_s + 1}`, `--fsize=${file_bytes}`, `--data=${memory_bytes}`, '--core=0', '--'];
};

const launchIn = (workspace: Workspace, command: SandboxCommand): Launch => {
  const translate = (text: string): string => inward(workspace, text);
  return {
    argv: [...setLimits(command.limits), ...command.argv.map(translate)],
    cwd: translate(command.cwd),
    environment: Object.fromEntries(
      Object.entries(command.environment).map(([name, value]) => [name, translate(value)]),
    ),
    inputs: [],
    has_status: false,
    group: null,
    ...(isRoot() ? { user_id: NOBODY } : {}),
  };
};

async function* translated(workspace: Workspace, lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield outward(workspace, line);
}

const finish = (workspace: Workspace, outcome: SandboxOutcome): SandboxOutcome => {
  if (workspace.root === '') return outcome;
  rmSync(workspace.root, { recursive: true, force: true });
  const { stdout, stderr, report } = outcome;
  return {
    ...outcome,
    stdout: outward(workspace, stdout),
    stderr: outward(workspace, stderr),
    report: outward(workspace, report),
  };
};

const startLocally = (command: SandboxCommand, style: Style): SandboxProcess => {
  let workspace: Workspace = { root: '', targets: [] };
  const started = supervise(
    () => {
      workspace = { root: realpathSync(mkdtempSync(join(tmpdir(), 'unsafe-local-'))), targets: [] };
      workspace = layOut(command, workspace.root);
      return launchIn(workspace, command);
    },
    command.limits,
    style,
  );
  return {
    send: (line) => started.send(inward(workspace, line)),
    lines: translated(workspace, started.lines),
    ended: started.ended.then((outcome) => finish(workspace, outcome)),
    kill: started.kill,
  };
};

/**
 * Runs commands as ordinary processes of this machine, over private copies of what they bind: limits and a kill of the
 * process group, but no isolation whatever. They can read files, use the network and leave daemons behind.
 */
export const unsafeLocalSandbox: Sandbox = {
  id: 'unsafe-local/1',
  run: (command) => startLocally(command, 'run').ended,
  start: (command) => startLocally(command, 'start'),
};
