import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SandboxCommand } from '../../ports.ts';
import { systemDirectories } from '../host.ts';
import { giveAway } from '../laid-out.ts';
import { isOpen } from '../staging.ts';
import { type Container, NOBODY } from './arguments.ts';

/** What programs of /usr look for beside it. */
const ETC = ['/etc/ld.so.cache', '/etc/alternatives'];

type Mount = Container['mounts'][number];

const isBelow = (path: string, directory: string | undefined): boolean =>
  directory !== undefined && path.startsWith(`${directory}/`);

const byTarget = (a: Mount, b: Mount): number => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0);

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** The system that commands run on: the host's, read-only. Links into /usr are part of the image. */
const systemMounts = (): Mount[] =>
  [
    '/usr',
    ...systemDirectories()
      .filter(({ link }) => link === null)
      .map(({ path }) => path),
    ...ETC.filter(isThere),
  ].map((path) => ({ source: realpathSync(path), target: path, is_writable: false }));

const copyOf = (source: string, place: string): string => {
  cpSync(source, place, { recursive: true, verbatimSymlinks: true });
  return place;
};

/** A bind as it is mounted: where it lies, or a copy in the workspace when it is written to or closed to others. */
const bindMount = (command: SandboxCommand, bind: SandboxCommand['binds'][number], copies: string): Mount => {
  const source = realpathSync(bind.source);
  const is_writable = bind.target === command.writable;
  const must_copy = is_writable || !isOpen(statSync(source));
  return {
    source: must_copy ? copyOf(source, join(copies, encodeURIComponent(bind.target))) : source,
    target: bind.target,
    is_writable,
  };
};

const fileMount = (target: string, content: string | Uint8Array, index: number, copies: string): Mount => {
  const source = join(copies, `file${index}`);
  writeFileSync(source, content);
  return { source, target, is_writable: false };
};

/** What a container sees of the host; makes the copies and files for it below `root`, with the report's pipe. */
export const layOutMounts = (command: SandboxCommand, root: string): { mounts: Mount[]; report_directory: string } => {
  const copies = join(root, 'copies');
  const report_directory = join(root, 'report');
  mkdirSync(copies);
  mkdirSync(report_directory);
  execFileSync('/usr/bin/mkfifo', ['-m', '666', join(report_directory, 'pipe')]);
  const binds = command.binds.map((bind) => bindMount(command, bind, copies));
  const { files = [], writable } = command;
  const copy = binds.find(({ is_writable }) => is_writable);
  for (const { target, content } of files.filter((file) => isBelow(file.target, writable))) {
    const place = join(copy!.source, target.slice(writable!.length));
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
  const laid_over = files
    .filter((file) => !isBelow(file.target, writable))
    .map(({ target, content }, index) => fileMount(target, content, index, copies));
  if (process.geteuid!() === 0) giveAway(copies, NOBODY);
  for (const directory of [root, copies, report_directory]) chmodSync(directory, 0o711);
  return { mounts: [...systemMounts(), ...[...binds, ...laid_over].sort(byTarget)], report_directory };
};
