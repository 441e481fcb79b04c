import type { Operator } from '../operator.ts';

/** `and` for `or` and the other way round. */
export const boolSwap: Operator = {
  name: 'bool_swap',
  kinds: ['boolean'],
  propose: (node, { dialect }, emit) => {
    const token = node.tokens[0];
    if (token?.text === dialect.and) emit('and>or', token.start, token.end, dialect.or);
    if (token?.text === dialect.or) emit('or>and', token.start, token.end, dialect.and);
  },
};
