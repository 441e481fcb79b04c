import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Attack, type Field, printed, when } from './attack.ts';
import { callOf } from './calls.ts';
import { endAll } from './decoys.ts';
import { startSibling } from './field.ts';

const PTRACE_SEIZE = 0x4206;
const PTRACE_DETACH = 17;
const EFAULT = 14;

/** A script that leaves a process on its own, and what is left of it when the sandbox says that all is over. */
const leaves =
  (script: (name: string) => string, wall_ms?: number) =>
  async (field: Field): Promise<string | null> => {
    const name = field.decoys.mark();
    const limits = {
      wall_ms: wall_ms ?? 20_000,
      cpu_s: 5,
      memory_bytes: 1 << 28,
      process_count: 32,
      output_bytes: 1 << 20,
      file_bytes: 1 << 20,
    };
    await field.perl(script(name), { limits });
    const left = endAll(name);
    return when(left > 0, `${left} processes left`);
  };

const DAEMON = (name: string): string => `
  unless (fork) { POSIX::setsid(); unless (fork) {
    POSIX::close($_) for 0 .. 64; $SIG{$_} = "IGNORE" for qw(TERM HUP INT QUIT);
    exec("sleep", "${name}"); } exit; } select(undef, undef, undef, 0.2);`;

export const PROCESSES: readonly Attack[] = [
  {
    name: 'kills a process of the host',
    bites: true,
    attempt: async (field) => {
      // The kernel asks for the same right whatever the signal is; this one does nothing.
      const { pid } = field.decoys.process;
      return printed(await field.perl(`$got = "reached it" if kill 0, ${pid} and ${pid} != $$;`));
    },
  },
  {
    name: 'changes the limits of a process of the host',
    bites: true,
    attempt: async (field) => {
      const { pid } = field.decoys.process;
      printed(await field.shell(`prlimit --pid ${pid} --nofile=77:`));
      return when(
        /^Max open files +77 /m.test(readFileSync(`/proc/${pid}/limits`, 'utf8')),
        'it may open 77 files now',
      );
    },
  },
  {
    name: 'takes hold of a process with ptrace',
    attempt: async (field) => {
      const { pid } = field.decoys.process;
      const call = callOf('ptrace');
      const script = `my $r = syscall(${call}, ${PTRACE_SEIZE}, ${pid}, 0, 0);
        if ($r == 0) { $got = "seized it"; syscall(${call}, ${PTRACE_DETACH}, ${pid}, 0, 0); }`;
      return printed(await field.perl(script));
    },
  },
  {
    name: 'reads the memory of a process',
    attempt: async (field) => {
      const { pid } = field.decoys.process;
      // Reading from address 1 fails with EFAULT once the kernel has allowed to look at all.
      const script = `my $buffer = "\\0" x 8; my $here = pack("PQ", $buffer, 8); my $there = pack("QQ", 1, 8);
        my $r = syscall(${callOf('process_vm_readv')}, ${pid}, $here, 1, $there, 1, 0);
        $got = "allowed" if $r >= 0 or $! == ${EFAULT};
        $got .= " opened mem" if open(my $mem, "<", "/proc/${pid}/mem");`;
      return printed(await field.perl(script));
    },
  },
  {
    name: 'reads the environment of a process',
    bites: true,
    attempt: async (field) => {
      const outcome = await field.shell('cat /proc/*/environ');
      printed(outcome);
      return when(outcome.stdout.includes(field.decoys.process.canary), 'the canary of the decoy');
    },
  },
  {
    name: 'reads the command line of a process',
    bites: true,
    attempt: async (field) => {
      const outcome = await field.shell('cat /proc/[0-9]*/cmdline');
      printed(outcome);
      return when(outcome.stdout.includes(field.decoys.process.name), 'the name of the decoy');
    },
  },
  {
    name: 'makes a process the first that memory pressure kills',
    attempt: async (field) => {
      const file = `/proc/${field.decoys.process.pid}/oom_score_adj`;
      const before = readFileSync(file, 'utf8');
      printed(await field.shell(`(echo 900 > ${file})`));
      const is_changed = readFileSync(file, 'utf8') !== before;
      if (is_changed) writeFileSync(file, before);
      return when(is_changed, 'its score is higher now');
    },
  },
  {
    name: 'leaves a daemon',
    bites: true,
    attempt: leaves((name) => `require POSIX; ${DAEMON(name)}`),
  },
  {
    name: 'leaves a daemon when its time is over',
    bites: true,
    attempt: leaves((name) => `require POSIX; ${DAEMON(name)} sleep 20;`, 1000),
  },
  {
    name: 'runs away by forking and ending, again and again',
    attempt: leaves(
      (name) => `require POSIX; $0 = "runner ${name}"; POSIX::setsid() unless fork;
        for (1 .. 4000) { my $pid = fork; last unless defined $pid; POSIX::_exit(0) if $pid; POSIX::setsid();
          select(undef, undef, undef, 0.0005); }`,
      700,
    ),
  },
  {
    name: 'meets a process of a sibling',
    attempt: async (field) => {
      const name = field.decoys.mark();
      const end = await startSibling(field, `echo up >&3; sleep ${name}`);
      const pids = endless(name);
      const got = printed(await field.perl(`for my $pid (${pids}) { $got = "reached $pid" if kill 0, $pid; }`));
      await end();
      return got;
    },
  },
];

/** Host pids of the sibling, as the attacker would have to know them. */
const endless = (name: string): string =>
  spawnSync('/bin/sh', ['-c', 'grep -la "$0" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 | head -3', name], {
    encoding: 'utf8',
  })
    .stdout.trim()
    .split('\n')
    .filter((pid) => existsSync(`/proc/${pid}`) && Number(pid) > 100)
    .join(',');
