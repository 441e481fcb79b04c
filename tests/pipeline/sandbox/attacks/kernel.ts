import { type Attack, printed } from './attack.ts';
import { callOf } from './calls.ts';

const [EPERM, ENOSYS] = [1, 38];

/**
 * System calls with arguments that the kernel would find at fault: any answer but "not permitted" and "no such call"
 * comes from the code behind the call, which no test suite needs.
 */
const CALLS: readonly (readonly [name: string, ...values: number[]])[] = [
  ['io_uring_setup', 0, 0],
  ['userfaultfd', 0xffff],
  ['bpf', 99, 0, 0],
  ['perf_event_open', 0, 0, 0, -1, 0],
  ['keyctl', 999],
  ['add_key', 0, 0, 0, 0, 0],
  ['memfd_create', 0, 0xffff],
  ['open_by_handle_at', -1, 0, 0],
  ['name_to_handle_at', -1, 0, 0, 0, 0],
  ['unshare', 0x1000_0000],
  ['setns', -1, 0],
  ['mount', 0, 0, 0, 0, 0],
  ['fsopen', 0, 0],
  ['open_tree', -1, 0, 0],
  ['pivot_root', 0, 0],
  ['chroot', 0],
  ['kcmp', 1, 1, 99, 0, 0],
  ['pidfd_getfd', -1, -1, 0],
  ['ptrace', 99, 0, 0, 0],
  ['personality', 0xffff_ffff],
  ['syslog', 99, 0, 0],
  ['clock_settime', 0, 0],
  ['sethostname', 0, -1],
  ['clone3', 0, 0],
  ['shmget', 0, 0, 0],
];

const reaches = ([name, ...values]: (typeof CALLS)[number]): Attack => ({
  name: `reaches the kernel by ${name}`,
  attempt: async (field) =>
    printed(
      await field.perl(`my $r = syscall(${[callOf(name), ...values].join(', ')});
        $got = "answered $r, error " . ($!+0) unless $r == -1 and ($! == ${EPERM} or $! == ${ENOSYS});`),
    ),
});

const NEW_NAMESPACES = { mount: 0x2_0000, user: 0x1000_0000, pid: 0x2000_0000, network: 0x4000_0000 };
const SIGCHLD = 17;
const [NO_NEW_PRIVILEGES, SECCOMP_MODE] = [39, 21];
const PRCTL = process.arch === 'arm64' ? 167 : 157;
const CLONE = process.arch === 'arm64' ? 220 : 56;

export const KERNEL: readonly Attack[] = [
  ...CALLS.map(reaches),
  {
    name: 'makes namespaces of its own',
    attempt: async (field) => {
      const flags = Object.values(NEW_NAMESPACES).join(', ');
      const script = `for my $flag (${flags}) { my $pid = syscall(${CLONE}, $flag | ${SIGCHLD}, 0, 0, 0, 0);
        if ($pid == 0) { require POSIX; POSIX::_exit(0) } $got .= "$flag " if $pid > 0; }`;
      return printed(await field.perl(script));
    },
  },
  {
    name: 'runs without a filter, or may gain rights',
    attempt: async (field) =>
      printed(
        await field.perl(`$got .= "may gain rights " unless syscall(${PRCTL}, ${NO_NEW_PRIVILEGES}, 0, 0, 0, 0) == 1;
          $got .= "no filter" unless syscall(${PRCTL}, ${SECCOMP_MODE}, 0, 0, 0, 0) == 2;`),
      ),
    bites: true,
  },
  {
    name: 'opens settings of the kernel for writing',
    attempt: async (field) =>
      printed(
        await field.perl(`for my $path (qw(/proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sys/vm/drop_caches
            /proc/sys/kernel/modprobe /proc/sysrq-trigger /sys/kernel/uevent_helper /sys/power/state /sys/fs/cgroup/cgroup.procs)) {
          $got .= "$path " if open(my $file, ">>", $path); }`),
      ),
  },
  {
    name: 'types into its terminal',
    bites: true,
    attempt: async (field) => {
      const [TIOCSPTLCK, TIOCGPTN, TIOCSCTTY, TIOCSTI, TIOCLINUX] = [0x4004_5431, 0x8004_5430, 0x540e, 0x5412, 0x541c];
      const script = `require POSIX; my $pid = fork; if ($pid) { waitpid $pid, 0; $got = "typed" if $? >> 8 == 9; } else {
        POSIX::setsid(); my ($no, $number) = (pack("i", 0), pack("i", 0));
        if (open($master, "+<", "/dev/ptmx") and ioctl($master, ${TIOCSPTLCK}, $no) and ioctl($master, ${TIOCGPTN}, $number)
            and open($tty, "+<", "/dev/pts/" . unpack("i", $number))) {
          ioctl($tty, ${TIOCSCTTY}, 0);
          my $typed = pack("C", 65);
          for my $request (${TIOCSTI}, ${TIOCLINUX}) {
            POSIX::_exit(9) if ioctl($tty, $request, $typed) or $! != ${EPERM}; } }
        POSIX::_exit(0); }`;
      return printed(await field.perl(script));
    },
  },
];
