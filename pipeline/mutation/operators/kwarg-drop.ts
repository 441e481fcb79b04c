import { childrenIn } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Forgets a keyword argument, or the last of several arguments. */
export const kwargDrop: Operator = {
  name: 'kwarg_drop',
  kinds: ['call'],
  propose: (node, _scope, emit) => {
    const given = childrenIn(node, 'argument');
    for (const [i, argument] of given.entries()) {
      const is_keyword = argument.kind === 'keyword_argument';
      const is_last = i === given.length - 1 && i > 0 && argument.kind !== 'spread';
      if (!is_keyword && !is_last) continue;
      const detail = is_keyword ? 'keyword' : 'position';
      const [before, after] = [given[i - 1], given[i + 1]];
      if (before) emit(detail, before.end, argument.end, '');
      else emit(detail, argument.start, after ? after.start : argument.end, '');
    }
  },
};
