import { describe, expect, it } from 'vitest';
import { type Evidence, outcomeOf } from '../../../pipeline/sandbox/outcome.ts';
import { parseStatus } from '../../../pipeline/sandbox/status.ts';

const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  exit: { code: 0, signal: null, error: null },
  status: { first_pid: 10, exit_code: 0 },
  ending: null,
  use: null,
  is_machine_short: false,
  stdout: '',
  stderr: '',
  report: '',
  wall_ms: 1,
  ...more,
});

const killed = { code: null, signal: 'SIGKILL', error: null } as const;
const oom = { ran_out_of_memory: true, peak_bytes: 5 };

describe('outcomeOf', () => {
  it.each<[string, Partial<Evidence>, object]>([
    ['an exit', { status: { first_pid: 10, exit_code: 3 } }, { end: 'exited', exit_code: 3, detail: null }],
    ['processor time', { status: { first_pid: 10, exit_code: 152 } }, { end: 'timeout', exit_code: null }],
    ['our own kill', { exit: killed, ending: { end: 'output', detail: 'much' } }, { end: 'output', detail: 'much' }],
    [
      'the out-of-memory killer',
      { status: { first_pid: 10, exit_code: 137 }, use: oom },
      { end: 'memory', exit_code: null },
    ],
    ['memory before time', { ending: { end: 'timeout', detail: '' }, use: oom }, { end: 'memory' }],
    ['a kill asked for before memory', { ending: { end: 'killed', detail: '' }, use: oom }, { end: 'killed' }],
    [
      'a program that is not there',
      { exit: { code: null, signal: null, error: 'ENOENT' } },
      { end: 'infrastructure_error', detail: 'ENOENT' },
    ],
    [
      'a launcher that failed',
      { status: { first_pid: null, exit_code: null }, stderr: 'bwrap: no\n' },
      { end: 'infrastructure_error', detail: 'bwrap: no' },
    ],
    [
      'a launcher that was killed',
      { exit: killed, status: { first_pid: 1, exit_code: null } },
      { end: 'infrastructure_error', detail: 'the launcher ended by SIGKILL' },
    ],
    [
      'a command that could not start',
      { status: { first_pid: 1, exit_code: 127 }, stderr: 'prlimit: failed to execute x: No such file\n' },
      { end: 'infrastructure_error' },
    ],
    [
      'a command that says it could not start',
      { status: { first_pid: 1, exit_code: 127 }, stderr: 'sh: 1: x: not found\n' },
      { end: 'exited', exit_code: 127 },
    ],
    [
      'a kill while the machine was out of memory',
      { status: { first_pid: 1, exit_code: 137 }, is_machine_short: true },
      { end: 'infrastructure_error', detail: 'killed while the machine was out of memory' },
    ],
    [
      'a command that killed itself',
      { status: { first_pid: 1, exit_code: 137 } },
      { end: 'exited', exit_code: 137, detail: null },
    ],
    [
      'another exit while the machine was out of memory',
      { status: { first_pid: 1, exit_code: 1 }, is_machine_short: true },
      { end: 'exited', exit_code: 1 },
    ],
    [
      'an exit without bubblewrap',
      { status: null, exit: { code: 4, signal: null, error: null } },
      { end: 'exited', exit_code: 4 },
    ],
    [
      'a signal without bubblewrap',
      { status: null, exit: { code: null, signal: 'SIGSEGV', error: null } },
      { end: 'exited', exit_code: 139 },
    ],
    [
      'processor time without bubblewrap',
      { status: null, exit: { code: null, signal: 'SIGXCPU', error: null } },
      { end: 'timeout' },
    ],
  ])('names %s', (_, more, expected) => {
    expect(outcomeOf(evidence(more))).toMatchObject(expected);
  });
});

describe('parseStatus', () => {
  it('reads what bubblewrap says', () => {
    expect(parseStatus('{ "child-pid": 42, "ipc-namespace": 7 }\n{ "exit-code": 3 }\n')).toEqual({
      first_pid: 42,
      exit_code: 3,
    });
  });

  it('takes no number that was cut short', () => {
    expect(parseStatus('{ "child-pid": 42 }\n{ "exit-code": 12')).toEqual({ first_pid: 42, exit_code: null });
    expect(parseStatus('')).toEqual({ first_pid: null, exit_code: null });
  });
});
