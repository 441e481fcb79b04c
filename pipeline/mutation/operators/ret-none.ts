import type { Operator } from '../operator.ts';

/** Returns nothing in place of a value. */
export const retNone: Operator = {
  name: 'ret_none',
  kinds: ['return'],
  propose: (node, { dialect }, emit) => {
    const value = node.children[0];
    if (value && value.kind !== 'null_literal') emit('none', value.start, value.end, dialect.null_texts[0]!);
  },
};
