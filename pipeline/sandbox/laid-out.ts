import { cpSync, lchownSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SandboxCommand, SandboxOutcome, SandboxProcess } from '../ports.ts';
import type { Launch } from './launch.ts';
import type { Style } from './spawn-launch.ts';
import { supervise } from './supervise.ts';
import { inward, outward, type Workspace } from './translation.ts';
import { makeWorkspace } from './workspaces.ts';

export type Bind = SandboxCommand['binds'][number];

/** How a command's paths are laid out for a level without mount namespaces. */
export interface Rules {
  /** The user that everything in the workspace is given to; nobody when null. */
  owner: number | null;
  /** A bind that can be read where it lies. Asked only for binds that nothing is written to or laid over. */
  staysInPlace(bind: Bind): boolean;
  /** Empty directories to make below the root of the workspace, by their path inside. */
  directories: readonly string[];
}

const isWithin = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

const isUntouched = ({ files = [], writable }: SandboxCommand, { target }: Bind): boolean =>
  target !== writable && !files.some((file) => isWithin(file.target, target));

/** What lies in a directory, but not the directory itself: that stays ours, for the janitor to recognise. */
export const giveAway = (directory: string, user_id: number): void => {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    lchownSync(path, user_id, user_id);
    if (entry.isDirectory()) giveAway(path, user_id);
  }
};

/** A file brings its directory along, so that text which names only that is translated too. */
const homeOf = (target: string): string => (dirname(target) === '/' ? target : dirname(target));

const layOut = (command: SandboxCommand, root: string, rules: Rules): Workspace => {
  const { binds, files = [] } = command;
  const in_place = binds.filter((bind) => isUntouched(command, bind) && rules.staysInPlace(bind));
  const copied = binds.filter((bind) => !in_place.includes(bind));
  for (const { source, target } of copied)
    cpSync(realpathSync(source), root + target, { recursive: true, verbatimSymlinks: true });
  for (const { target, content } of files) {
    mkdirSync(dirname(root + target), { recursive: true });
    writeFileSync(root + target, content);
  }
  for (const directory of rules.directories) mkdirSync(root + directory, { recursive: true });
  if (rules.owner !== null) giveAway(root, rules.owner);
  const targets = [
    ...copied.map(({ target }) => target),
    ...files.map(({ target }) => homeOf(target)),
    ...rules.directories,
  ];
  const elsewhere = in_place.map(({ source, target }) => ({ target, source: realpathSync(source) }));
  return { root, targets: targets.filter((target) => !elsewhere.some((place) => place.target === target)), elsewhere };
};

/** The command with the places of its paths on the host. */
const translate = (workspace: Workspace, command: SandboxCommand): SandboxCommand => ({
  ...command,
  argv: command.argv.map((word) => inward(workspace, word)),
  cwd: inward(workspace, command.cwd),
  environment: Object.fromEntries(
    Object.entries(command.environment).map(([name, value]) => [name, inward(workspace, value)]),
  ),
});

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

/** Starts a command over a workspace of its own that goes with it; `launch` gets the command as the host sees it. */
export const startLaidOut = (
  command: SandboxCommand,
  style: Style,
  rules: () => Rules,
  launch: (command: SandboxCommand, workspace: Workspace) => Launch,
): SandboxProcess => {
  let workspace: Workspace = { root: '', targets: [] };
  const started = supervise(
    () => {
      workspace = { root: makeWorkspace(), targets: [] };
      workspace = layOut(command, workspace.root, rules());
      return launch(translate(workspace, command), workspace);
    },
    command.limits,
    style,
  );
  return {
    send: (line) => started.send(inward(workspace, line)),
    lines: translated(workspace, started.lines),
    ended: started.ended.then((outcome) => finish(workspace, outcome)),
    kill: started.kill,
    rest: started.rest,
  };
};
