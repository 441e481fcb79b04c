/** Linux system call numbers, from the kernel's uapi headers (asm/unistd_64.h and asm-generic/unistd.h). */

export type Architecture = 'x64' | 'arm64';

/** `[x86_64, aarch64]`; null where the architecture has no such call. */
type Numbers = readonly [number | null, number | null];

/** Answered with EPERM: ways to reach the kernel or other processes that no test suite needs. */
const REFUSED: Record<string, Numbers> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  open_tree: [428, 428],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  unshare: [272, 97],
  setns: [308, 268],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  swapon: [167, 224],
  swapoff: [168, 225],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  acct: [163, 89],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  vhangup: [153, 58],
  personality: [135, 92],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
  move_pages: [279, 239],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  uselib: [134, null],
};

/** Answered with ENOSYS: memory that no resource limit counts, and `clone3`, whose flags a filter cannot read. */
const ABSENT: Record<string, Numbers> = {
  clone3: [435, 435],
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  shmget: [29, 194],
  msgget: [68, 186],
};

/** Change whom a file belongs to and who may use it. `[x86_64, aarch64]`, as above. */
const OWNERSHIP: Record<string, Numbers> = {
  chmod: [90, null],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  chown: [92, null],
  lchown: [94, null],
  fchown: [93, 55],
  fchownat: [260, 54],
  utime: [132, null],
  utimes: [235, null],
  utimensat: [280, 88],
  futimesat: [261, null],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  setxattrat: [463, 463],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  removexattrat: [466, 466],
  setpriority: [141, 140],
  sched_setaffinity: [203, 122],
  sched_setparam: [142, 118],
  sched_setscheduler: [144, 119],
  sched_setattr: [314, 274],
  ioprio_set: [251, 30],
};

/** Let through after a look at one argument. */
const INSPECTED = {
  clone: [56, 220],
  socket: [41, 198],
  ioctl: [16, 29],
  prlimit64: [302, 261],
} as const satisfies Record<string, Numbers>;

const column = (architecture: Architecture): 0 | 1 => (architecture === 'x64' ? 0 : 1);

const numbersOf = (table: Record<string, Numbers>, architecture: Architecture): number[] =>
  Object.values(table)
    .map((numbers) => numbers[column(architecture)])
    .filter((number) => number !== null);

export const refusedCalls = (architecture: Architecture): number[] => numbersOf(REFUSED, architecture);
/** Calls by which code could change files and processes of the user it runs as, wherever they are. */
export const ownershipCalls = (architecture: Architecture): number[] => numbersOf(OWNERSHIP, architecture);
export const absentCalls = (architecture: Architecture): number[] => numbersOf(ABSENT, architecture);
export const inspectedCall = (name: keyof typeof INSPECTED, architecture: Architecture): number =>
  INSPECTED[name][column(architecture)];

/** Names on both lists, for those who look the numbers up themselves. */
export const refusedNames = (): string[] => Object.keys(REFUSED);
export const absentNames = (): string[] => Object.keys(ABSENT);

/** Number of a call on one of the lists. */
export const callNumber = (name: string, architecture: Architecture): number => {
  const number = { ...REFUSED, ...ABSENT, ...INSPECTED }[name]?.[column(architecture)];
  if (number === undefined || number === null) throw new Error(`${architecture} has no call ${name} on the lists`);
  return number;
};
