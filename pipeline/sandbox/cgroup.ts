import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
const NAME = /^socratic-swe-(\d+)-\d+$/;
/** Processes of the launch chain itself: the shell, unshare, bubblewrap and its helpers. */
const LAUNCHER_PROCESSES = 8;
const JOIN = 'for procs in $1; do echo $$ > "$procs" || exit 97; done; shift; exec "$@"';

/** Directories under which this process may make control groups of its own; null where it may not. */
export interface Controllers {
  version: 1 | 2;
  memory: string | null;
  pids: string | null;
}

export interface GroupLimits {
  memory_bytes: number;
  process_count: number;
}

/** What a group's processes came to. */
export interface GroupUse {
  ran_out_of_memory: boolean;
  /** Null without a memory controller. */
  peak_bytes: number | null;
}

/** One control group, for one launch. */
export interface Group {
  /** Launch prefix that joins the group and goes on with what follows. */
  enter: string[];
  limits_memory: boolean;
  /** Reads the use and removes the group; call it when all processes are gone. */
  close(): Promise<GroupUse>;
}

/** Who asks: the user id and the text of /proc/self/cgroup. */
export interface Asker {
  user_id: number;
  membership: string;
  root?: string;
}

const isWritable = (directory: string): boolean => {
  try {
    accessSync(join(directory, 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * A subtree belongs to us when it is delegated to our user, or, for root, when we live at its top. Anywhere else a
 * service manager or a container engine keeps the books, and groups of ours would spoil them.
 */
const isOurs = (directory: string, path: string, user_id: number): boolean =>
  isWritable(directory) && (user_id === 0 ? path === '/' : statSync(directory).uid === user_id);

const legacyController = (name: string, { user_id, membership, root = ROOT }: Asker): string | null => {
  const path = new RegExp(`^\\d+:(?:[^:]*,)?${name}(?:,[^:]*)?:(.*)$`, 'm').exec(membership)?.[1];
  if (path === undefined) return null;
  const directory = path === '/' ? join(root, name) : join(root, name, path);
  return existsSync(directory) && isOurs(directory, path, user_id) ? directory : null;
};

const enabled = (directory: string): string[] => {
  const file = join(directory, 'cgroup.subtree_control');
  return existsSync(file) ? readFileSync(file, 'utf8').split(/\s+/) : [];
};

/** The nearest group at or above our own that hands memory and pids down to its children. */
const unifiedParent = ({ user_id, membership, root = ROOT }: Asker): string | null => {
  const own = /^0::(.*)$/m.exec(membership)?.[1];
  if (own === undefined || !existsSync(join(root, 'cgroup.controllers'))) return null;
  for (let path = own; ; path = dirname(path)) {
    const directory = join(root, path);
    const controllers = enabled(directory);
    if (controllers.includes('memory') && controllers.includes('pids'))
      return isOurs(directory, own, user_id) ? directory : null;
    if (path === '/') return null;
  }
};

/**
 * Where groups can be made, or null. Groups are never required: resource limits hold without them. A pids controller
 * alone is not worth joining, which waits some 10 ms for the kernel, since the sandbox limits processes by itself.
 */
export const findControllers = (asker: Asker): Controllers | null => {
  const unified = unifiedParent(asker);
  if (unified !== null) return { version: 2, memory: unified, pids: unified };
  const memory = legacyController('memory', asker);
  const pids = legacyController('pids', asker);
  return memory === null ? null : { version: 1, memory, pids };
};

const FILES = {
  1: {
    limit: 'memory.limit_in_bytes',
    swap: 'memory.memsw.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
  },
  2: { limit: 'memory.max', swap: 'memory.swap.max', peak: 'memory.peak', events: 'memory.events' },
} as const;

const limitMemory = (directory: string, version: 1 | 2, memory_bytes: number): void => {
  const { limit, swap } = FILES[version];
  writeFileSync(join(directory, limit), String(memory_bytes));
  // Kernels without swap accounting have no such file. Version 1 counts memory and swap together.
  if (existsSync(join(directory, swap)))
    writeFileSync(join(directory, swap), version === 1 ? String(memory_bytes) : '0');
};

const readUse = (directory: string, version: 1 | 2): GroupUse => {
  const { peak, events } = FILES[version];
  const kills = /^oom_kill (\d+)$/m.exec(readFileSync(join(directory, events), 'utf8'))?.[1] ?? '0';
  const peak_file = join(directory, peak);
  return {
    ran_out_of_memory: Number(kills) > 0,
    peak_bytes: existsSync(peak_file) ? Number(readFileSync(peak_file, 'utf8')) : null,
  };
};

/** The kernel may take a moment to let go of a group whose last process has just ended. */
const remove = async (directory: string): Promise<void> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      rmdirSync(directory);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || attempt === 100) throw error;
      await sleep(5);
    }
  }
};

let group_count = 0;

/** Makes a group and sets its limits. */
export const createGroup = ({ version, memory, pids }: Controllers, limits: GroupLimits): Group => {
  const name = `socratic-swe-${process.pid}-${group_count++}`;
  const parents = [...new Set([memory, pids])].filter((parent) => parent !== null);
  const directories = parents.map((parent) => join(parent, name));
  for (const directory of directories) mkdirSync(directory);
  if (memory !== null) limitMemory(join(memory, name), version, limits.memory_bytes);
  if (pids !== null) writeFileSync(join(pids, name, 'pids.max'), String(limits.process_count + LAUNCHER_PROCESSES));
  return {
    enter: ['/bin/sh', '-c', JOIN, 'sh', directories.map((directory) => join(directory, 'cgroup.procs')).join(' ')],
    limits_memory: memory !== null,
    close: async () => {
      const use =
        memory === null ? { ran_out_of_memory: false, peak_bytes: null } : readUse(join(memory, name), version);
      for (const directory of directories) await remove(directory);
      return use;
    },
  };
};

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** A group that still holds processes belongs to someone whose pids we do not see. */
const removeIfEmpty = (directory: string): void => {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['EBUSY', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
};

/** Removes the empty groups that an earlier process left when it was killed. */
export const sweepGroups = ({ memory, pids }: Controllers): void => {
  for (const parent of new Set([memory, pids].filter((directory) => directory !== null)))
    for (const name of readdirSync(parent)) {
      const owner = NAME.exec(name)?.[1];
      if (owner !== undefined && !isAlive(Number(owner))) removeIfEmpty(join(parent, name));
    }
};
