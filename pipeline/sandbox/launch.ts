import type { Group } from './cgroup.ts';

/** Descriptor of the structured report inside the sandbox. */
export const REPORT_FD = 3;
/** Where bubblewrap writes its status, for launches that ask for it. */
export const STATUS_FD = 4;
/** The first descriptor that carries a launch's `inputs`. */
export const FIRST_INPUT_FD = 5;

/** What to start on the host, as a value: nothing has happened yet. */
export interface Launch {
  argv: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string>>;
  /** Bytes handed over through pipes: the one at index i is read from descriptor FIRST_INPUT_FD + i. */
  inputs: readonly Uint8Array[];
  /** Bubblewrap reports its inner first process and the exit code on STATUS_FD. */
  has_status: boolean;
  /** The control group that `argv` joins; null when resource limits have to do. */
  group: Group | null;
  /** User and group to start as; the caller's own when left out. */
  user_id?: number;
  /** Processes that do its work and are no descendants of what is started: those of a container belong to its engine. */
  others?: () => readonly number[];
}

/** Collects the inputs of a launch and hands out the descriptors they will be read from. */
export class Inputs {
  readonly list: Uint8Array[] = [];

  add(content: string | Uint8Array): string {
    this.list.push(typeof content === 'string' ? Buffer.from(content) : content);
    return String(FIRST_INPUT_FD + this.list.length - 1);
  }
}
