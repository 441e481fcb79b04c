import type { Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** A neighbouring integer, the negated one or, as a repair, another one of the function. */
export const constInt: Operator = {
  name: 'const_int',
  kinds: ['integer'],
  propose: (node, scope, emit) => {
    const text = scope.slice(node);
    const value = Number(text.replaceAll('_', '').replace(/\s/g, ''));
    if (!Number.isSafeInteger(value)) return;
    const write = (next: number) => written(next, text);
    emit('+1', node.start, node.end, write(value + 1));
    emit('-1', node.start, node.end, write(value - 1));
    const is_operand = node.parent?.kind === 'binary' && node.role === 'right';
    if (value !== 0 && Math.abs(value) <= 9 && !is_operand) emit('neg', node.start, node.end, write(-value));
    if (scope.mode === 'repair') for (const other of others(scope)) emit('other', node.start, node.end, other);
  },
};

const others = ({ integers }: Scope): string[] => [...new Set(['0', '1', ...integers.slice(0, 2)])];

/** Hexadecimal numbers stay hexadecimal. */
function written(value: number, like: string): string {
  const digits = /^0[xX]([\da-fA-F]+)$/.exec(like)?.[1];
  if (digits === undefined || value < 0) return String(value);
  const hex = value.toString(16).padStart(digits.length, '0');
  return like.slice(0, 2) + (/[A-F]/.test(digits) ? hex.toUpperCase() : hex);
}
