import { existsSync, lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The number is that of the process that made it. */
const NAME = /^socratic-swe-(\d+)-[A-Za-z0-9]{6}$/;

/** A new, empty directory for one command, on a path without links. */
export const makeWorkspace = (): string => realpathSync(mkdtempSync(join(tmpdir(), `socratic-swe-${process.pid}-`)));

const isAbandoned = (path: string, owner: string): boolean =>
  !existsSync(`/proc/${owner}`) && lstatSync(path, { throwIfNoEntry: false })?.uid === process.geteuid?.();

/** Removes what a process of ours left when it was killed. Directories of other users are not touched. */
export const sweepWorkspaces = (): void => {
  // Without /proc nobody can say which processes are gone.
  if (!existsSync('/proc/self')) return;
  for (const name of readdirSync(tmpdir())) {
    const owner = NAME.exec(name)?.[1];
    const path = join(tmpdir(), name);
    if (owner !== undefined && isAbandoned(path, owner)) rmSync(path, { recursive: true, force: true });
  }
};
