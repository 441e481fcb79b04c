import { NEW_NAMESPACES, SOCKET_FAMILIES, TERMINAL_INPUT } from '../seccomp.ts';
import { absentNames, refusedNames } from '../syscalls.ts';

const EPERM = 1;
const ENOSYS = 38;

/** One argument of a call, compared with a value. */
interface Comparison {
  index: number;
  value: number;
  valueTwo?: number;
  op: 'SCMP_CMP_EQ' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ';
}

const refuse = (names: readonly string[], errnoRet: number, args: readonly Comparison[] = []): object => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  args,
});

const bitsOf = (mask: number): number[] =>
  Array.from({ length: 31 }, (_, index) => 2 ** index).filter((bit) => (mask & bit) !== 0);

const last_family = Math.max(...SOCKET_FAMILIES);
const otherFamilies = Array.from({ length: last_family }, (_, family) => family).filter(
  (family) => !SOCKET_FAMILIES.includes(family),
);

/** The filter of `../seccomp.ts` as container engines read it. */
export const seccompProfile = (): string =>
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      refuse(refusedNames(), EPERM),
      refuse(absentNames(), ENOSYS),
      ...bitsOf(NEW_NAMESPACES).map((bit) =>
        refuse(['clone'], EPERM, [{ index: 0, value: bit, valueTwo: bit, op: 'SCMP_CMP_MASKED_EQ' }]),
      ),
      ...otherFamilies.map((value) => refuse(['socket'], EPERM, [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      refuse(['socket'], EPERM, [{ index: 0, value: last_family, op: 'SCMP_CMP_GT' }]),
      ...TERMINAL_INPUT.map((value) => refuse(['ioctl'], EPERM, [{ index: 1, value, op: 'SCMP_CMP_EQ' }])),
    ],
  });
