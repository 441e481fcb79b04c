import { constants } from 'node:os';
import type { SandboxEnd, SandboxOutcome } from '../ports.ts';
import type { GroupUse } from './cgroup.ts';
import type { Status } from './status.ts';

/** 128 + SIGKILL: nobody here sent it when the command ended by itself. */
const KILLED_EXIT = 137;
/** 128 + SIGXCPU: what bubblewrap reports for a command that used up its processor time. */
const PROCESSOR_TIME_EXIT = 152;
const DETAIL_CHARACTERS = 2000;

/** Why the supervisor ended a command. */
export interface Ending {
  end: SandboxEnd;
  detail: string;
}

/** How the outermost process of a launch ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It never started. */
  error: string | null;
}

export interface Evidence {
  exit: Exit;
  /** Null for a launch without bubblewrap. */
  status: Status | null;
  ending: Ending | null;
  /** Null without a control group. */
  use: GroupUse | null;
  /** The kernel killed something, somewhere, for want of memory while the command ran. */
  is_machine_short: boolean;
  stdout: string;
  stderr: string;
  report: string;
  wall_ms: number;
}

type Verdict = Pick<SandboxOutcome, 'end' | 'exit_code' | 'detail'>;

const failed = (detail: string): Verdict => ({
  end: 'infrastructure_error',
  exit_code: null,
  detail: detail.slice(-DETAIL_CHARACTERS),
});

const exited = (exit_code: number, is_machine_short: boolean): Verdict => {
  if (exit_code === PROCESSOR_TIME_EXIT)
    return { end: 'timeout', exit_code: null, detail: 'used up its processor time' };
  // What ended because others took the memory says nothing about itself: it is run again.
  if (exit_code === KILLED_EXIT && is_machine_short) return failed('killed while the machine was out of memory');
  return { end: 'exited', exit_code, detail: null };
};

/** The program that sets the last limit says so, and nothing else, when it cannot start the command. */
const neverStarted = (exit_code: number, stderr: string): boolean =>
  (exit_code === 126 || exit_code === 127) && /^prlimit: failed to execute [^\n]*\n$/.test(stderr);

const outOfMemory = ({ peak_bytes }: GroupUse): Verdict => ({
  end: 'memory',
  exit_code: null,
  detail: `ran out of memory at ${peak_bytes} bytes`,
});

const verdictOf = ({ exit, status, ending, use, is_machine_short, stderr }: Evidence): Verdict => {
  if (exit.error !== null) return failed(exit.error);
  if (use?.ran_out_of_memory && ending?.end !== 'killed') return outOfMemory(use);
  if (ending !== null) return { end: ending.end, exit_code: null, detail: ending.detail };
  if (status === null) return exited(exit.code ?? 128 + constants.signals[exit.signal!], is_machine_short);
  if (status.exit_code === null) return failed(stderr.trim() || `the launcher ended by ${exit.signal ?? exit.code}`);
  if (neverStarted(status.exit_code, stderr)) return failed(stderr.trim());
  return exited(status.exit_code, is_machine_short);
};

/** One outcome out of all that was seen, ordered by cause: never started, out of memory, ended by us, ended by itself. */
export const outcomeOf = (evidence: Evidence): SandboxOutcome => {
  const { stdout, stderr, report, wall_ms } = evidence;
  return { ...verdictOf(evidence), stdout, stderr, report, wall_ms };
};

/** The outcome of a launch that could not even be planned or spawned. */
export const failedOutcome = (detail: string): SandboxOutcome => ({
  ...failed(detail),
  stdout: '',
  stderr: '',
  report: '',
  wall_ms: 0,
});
