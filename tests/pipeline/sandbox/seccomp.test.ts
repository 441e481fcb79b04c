import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Instruction, seccompInstructions, seccompProgram } from '../../../pipeline/sandbox/seccomp.ts';
import { absentCalls, inspectedCall, ownershipCalls, refusedCalls } from '../../../pipeline/sandbox/syscalls.ts';

const ALLOW = 0x7fff_0000;
const KILL = 0x8000_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const ARCHITECTURES = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;

type Architecture = keyof typeof ARCHITECTURES;

/** The words of `struct seccomp_data` by offset: number, architecture, six arguments' low words. */
const dataOf = (call: number, architecture: number, values: readonly number[]): Map<number, number> =>
  new Map([[0, call], [4, architecture], ...values.map((value, index): [number, number] => [16 + 8 * index, value])]);

/** What a kernel would answer: classic BPF with a single register. */
const interpret = (program: readonly Instruction[], data: ReadonlyMap<number, number>): number => {
  let word = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at]!;
    if (code === 0x06) return k;
    if (code === 0x20) word = data.get(k)!;
    else if (code === 0x15) at += word === k ? jt : jf;
    else if (code === 0x35) at += word >= k ? jt : jf;
    else if (code === 0x45) at += (word & k) !== 0 ? jt : jf;
    else throw new Error(`unknown instruction ${code}`);
  }
};

describe.each(['x64', 'arm64'] as const)('the seccomp filter for %s', (architecture: Architecture) => {
  const program = seccompInstructions(architecture);
  const answer = (call: number, ...values: number[]): number =>
    interpret(program, dataOf(call, ARCHITECTURES[architecture], [...values, 0, 0, 0].slice(0, 3)));
  const special = new Set([
    ...refusedCalls(architecture),
    ...absentCalls(architecture),
    ...(['clone', 'socket', 'ioctl'] as const).map((name) => inspectedCall(name, architecture)),
  ]);

  it('refuses what is on its lists', () => {
    expect(new Set(refusedCalls(architecture).map((call) => answer(call)))).toEqual(new Set([EPERM]));
    expect(new Set(absentCalls(architecture).map((call) => answer(call)))).toEqual(new Set([ENOSYS]));
  });

  it('allows every other call of the architecture, and no call of another', () => {
    fc.assert(
      fc.property(fc.nat(0x3fff_ffff), fc.nat(0xffff_ffff), (call, value) => {
        if (!special.has(call)) expect(answer(call, value, value, value)).toBe(ALLOW);
      }),
    );
    const other = ARCHITECTURES[architecture === 'x64' ? 'arm64' : 'x64'];
    expect(interpret(program, dataOf(0, other, [0, 0, 0]))).toBe(KILL);
    expect(interpret(program, dataOf(0, 0x4000_0003, [0, 0, 0]))).toBe(KILL);
  });

  it('allows threads and processes, but no namespaces', () => {
    const clone = inspectedCall('clone', architecture);
    const THREAD = 0x003d_0f00;
    const SIGCHLD = 17;
    expect(answer(clone, THREAD)).toBe(ALLOW);
    expect(answer(clone, SIGCHLD)).toBe(ALLOW);
    for (let bit = 25; bit <= 30; bit++) expect(answer(clone, SIGCHLD | (1 << bit))).toBe(EPERM);
    expect(answer(clone, SIGCHLD | 0x0002_0000)).toBe(EPERM);
  });

  it('allows four families of sockets', () => {
    const socket = inspectedCall('socket', architecture);
    const allowed = Array.from({ length: 64 }, (_, family) => family).filter(
      (family) => answer(socket, family) === ALLOW,
    );
    expect(allowed).toEqual([1, 2, 10, 16]);
  });

  it('allows terminals to be read, not typed into', () => {
    const ioctl = inspectedCall('ioctl', architecture);
    expect([0x5401, 0x5412, 0x541c].map((request) => answer(ioctl, 0, request))).toEqual([ALLOW, EPERM, EPERM]);
  });

  it('can refuse every socket, calls by name and limits of others, as a level without namespaces needs', () => {
    const refused = ownershipCalls(architecture);
    const strict = seccompInstructions(architecture, { families: [], refused, is_alone: true });
    const ask = (call: number, ...values: number[]): number =>
      interpret(strict, dataOf(call, ARCHITECTURES[architecture], [...values, 0, 0, 0].slice(0, 3)));
    const [socket, prlimit] = [inspectedCall('socket', architecture), inspectedCall('prlimit64', architecture)];
    expect([1, 2, 10, 16].map((family) => ask(socket, family))).toEqual(Array(4).fill(EPERM));
    expect(new Set(refused.map((call) => ask(call)))).toEqual(new Set([EPERM]));
    expect([0, 1, 4321].map((pid) => ask(prlimit, pid))).toEqual([ALLOW, EPERM, EPERM]);
    expect(answer(prlimit, 4321)).toBe(ALLOW);
  });

  it('is written as the kernel reads it', () => {
    const bytes = Buffer.from(seccompProgram(architecture));
    const read = program.map((_, index) => ({
      code: bytes.readUInt16LE(index * 8),
      jt: bytes.readUInt8(index * 8 + 2),
      jf: bytes.readUInt8(index * 8 + 3),
      k: bytes.readUInt32LE(index * 8 + 4),
    }));
    expect(read).toEqual(program);
    expect(bytes).toHaveLength(program.length * 8);
  });
});

it('the x86_64 filter refuses the x32 interface', () => {
  const program = seccompInstructions('x64');
  expect(interpret(program, dataOf(0x4000_0000, ARCHITECTURES.x64, [0, 0, 0]))).toBe(EPERM);
});
