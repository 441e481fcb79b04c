import { type Architecture, absentCalls, inspectedCall, refusedCalls } from './syscalls.ts';

/** One classic BPF instruction: `struct sock_filter` of linux/filter.h. `jt` and `jf` skip that many instructions. */
export interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;

/** Offsets in `struct seccomp_data`; an argument is 64 bits wide, its low word comes first on both architectures. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number): number => 16 + 8 * index;

const AUDIT_ARCHITECTURE: Record<Architecture, number> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
/** Calls of the x32 interface share the architecture value of x86_64 and carry this bit. */
const X32_BIT = 0x4000_0000;
/** Every CLONE_NEW* flag that fits in `clone`: mnt, cgroup, uts, ipc, user, pid, net. */
export const NEW_NAMESPACES = 0x7e02_0000;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
export const SOCKET_FAMILIES = [1, 2, 10, 16];
/** TIOCSTI and TIOCLINUX: they type into a terminal. */
export const TERMINAL_INPUT = [0x5412, 0x541c];

const instruction = (code: number, k: number, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });
const load = (offset: number): Instruction => instruction(LOAD_WORD, offset);
const answer = (value: number): Instruction => instruction(RETURN, value);

/** Answers `value` when the loaded word equals `k`, else falls through. */
const answerWhenEqual = (k: number, value: number): Instruction[] => [instruction(JUMP_EQUAL, k, 0, 1), answer(value)];

/** Runs `body` for call number `call`, then loads the number again for the next rule. */
const whenCall = (call: number, body: readonly Instruction[]): Instruction[] => [
  instruction(JUMP_EQUAL, call, 0, body.length + 1),
  ...body,
  load(NUMBER),
];

const refuseNamespaces = [load(argument(0)), instruction(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1), answer(EPERM)];

const refuseOtherFamilies = (families: readonly number[]): Instruction[] => [
  load(argument(0)),
  ...families.map((family, index) => instruction(JUMP_EQUAL, family, families.length - index)),
  answer(EPERM),
];

const refuseTerminalInput = [
  load(argument(1)),
  ...TERMINAL_INPUT.flatMap((request) => answerWhenEqual(request, EPERM)),
];

const ITSELF = 0;
const refuseOtherProcesses = [load(argument(0)), instruction(JUMP_EQUAL, ITSELF, 1), answer(EPERM)];

/** What a level must refuse because nothing around it does. */
export interface Strictness {
  /** Kinds of sockets that may be opened. */
  families: readonly number[];
  /** Calls answered with EPERM, besides those that every level refuses. */
  refused: readonly number[];
  /** Limits of other processes are out of reach: nothing else keeps processes of one user apart. */
  is_alone?: boolean;
}

/** For a sandbox with namespaces of its own: it has a network too, which leads nowhere. */
const ISOLATED: Strictness = { families: SOCKET_FAMILIES, refused: [] };

/** The filter as instructions: refuses by list, looks at three calls' arguments, allows the rest. */
export const seccompInstructions = (
  architecture: Architecture,
  { families, refused, is_alone = false }: Strictness = ISOLATED,
): Instruction[] => [
  load(ARCHITECTURE),
  instruction(JUMP_EQUAL, AUDIT_ARCHITECTURE[architecture], 1),
  answer(KILL_PROCESS),
  load(NUMBER),
  ...(architecture === 'x64' ? [instruction(JUMP_AT_LEAST, X32_BIT, 0, 1), answer(EPERM)] : []),
  ...[...refusedCalls(architecture), ...refused].flatMap((call) => answerWhenEqual(call, EPERM)),
  ...absentCalls(architecture).flatMap((call) => answerWhenEqual(call, ENOSYS)),
  ...whenCall(inspectedCall('clone', architecture), refuseNamespaces),
  ...whenCall(inspectedCall('socket', architecture), refuseOtherFamilies(families)),
  ...whenCall(inspectedCall('ioctl', architecture), refuseTerminalInput),
  ...(is_alone ? whenCall(inspectedCall('prlimit64', architecture), refuseOtherProcesses) : []),
  answer(ALLOW),
];

/** The filter as the kernel reads it: eight little-endian bytes an instruction. */
export const seccompProgram = (architecture: Architecture, strictness: Strictness = ISOLATED): Uint8Array => {
  const instructions = seccompInstructions(architecture, strictness);
  const program = Buffer.alloc(instructions.length * 8);
  instructions.forEach(({ code, jt, jf, k }, index) => {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(jt, index * 8 + 2);
    program.writeUInt8(jf, index * 8 + 3);
    program.writeUInt32LE(k, index * 8 + 4);
  });
  return program;
};
