import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '../../errors.ts';
import { findTool, parseHardLimits, systemDirectories } from '../host.ts';
import { makeWorkspace } from '../workspaces.ts';
import { OWNER_LABEL } from './arguments.ts';

const run = promisify(execFile);
const IMAGE = 'localhost/socratic-swe-empty:1';
const PATIENCE_MS = 60_000;
const MOST_PROCESSES = 4096;

/** A container engine that answers. */
export interface Engine {
  path: string;
  name: 'podman' | 'docker';
  version: string;
  /** Holds nothing but links into /usr, which is mounted. */
  image: string;
  most_processes: number;
}

const ask = async (path: string, ...words: string[]): Promise<string> =>
  (await run(path, words, { timeout: PATIENCE_MS })).stdout.trim();

const complaintOf = (error: unknown): string =>
  String((error as { stderr?: string }).stderr || (error as Error).message)
    .trim()
    .slice(-300);

const refuse = (found: string): DataError =>
  DataError.of({
    where: 'sandbox',
    expected: 'podman or docker, with an engine that answers',
    found,
    fix: 'install podman, for example: apt-get install podman; or start the docker engine and join its group',
  });

/** Imports an image of a few links, once for the engine. */
const requireImage = async (path: string): Promise<void> => {
  const is_there = await ask(path, 'image', 'inspect', IMAGE).then(
    () => true,
    () => false,
  );
  if (is_there) return;
  const root = makeWorkspace();
  try {
    const tree = join(root, 'tree');
    mkdirSync(tree);
    for (const { path: link, link: target } of systemDirectories())
      if (target === null) mkdirSync(join(tree, link));
      else symlinkSync(target, join(tree, link));
    execFileSync('/usr/bin/tar', ['-C', tree, '-cf', join(root, 'image.tar'), '.']);
    await ask(path, 'import', join(root, 'image.tar'), IMAGE);
  } finally {
    rmSync(root, { recursive: true });
  }
};

const mostProcesses = (): number =>
  Math.min(MOST_PROCESSES, parseHardLimits(readFileSync('/proc/self/limits', 'utf8')).processes);

/** The engine of this machine. Throws a DataError that says what to install. */
export const requireEngine = async (find: (name: string) => string | null = findTool): Promise<Engine> => {
  const complaints: string[] = [];
  for (const name of ['podman', 'docker'] as const) {
    const path = find(name);
    if (path === null) continue;
    try {
      const version = (await ask(path, 'version', '--format', '{{.Client.Version}}')).split('.')[0]!;
      await requireImage(path);
      return { path, name, version, image: IMAGE, most_processes: mostProcesses() };
    } catch (error) {
      complaints.push(`${name}: ${complaintOf(error)}`);
    }
  }
  throw refuse(complaints.join('; ') || 'neither');
};

/** Ends a container, whatever it does; says whether the kernel ended it for want of memory. */
export const removeContainer = async ({ path }: Engine, name: string): Promise<{ ran_out_of_memory: boolean }> => {
  const killed = await ask(path, 'inspect', '--format', '{{.State.OOMKilled}}', name).catch(() => 'false');
  await ask(path, 'rm', '--force', name).catch(() => '');
  return { ran_out_of_memory: killed === 'true' };
};

/** Ends the containers of processes of ours that are gone. */
export const sweepContainers = async ({ path }: Engine): Promise<void> => {
  const format = `{{.Names}} {{index .Labels "${OWNER_LABEL}"}}`;
  const list = await ask(path, 'ps', '--all', '--filter', `label=${OWNER_LABEL}`, '--format', format);
  for (const line of list.split('\n').filter(Boolean)) {
    const [name, owner] = line.split(' ');
    if (!existsSync(`/proc/${owner}`)) await ask(path, 'rm', '--force', name!);
  }
};
