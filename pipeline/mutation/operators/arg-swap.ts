import { childrenIn } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Exchanges two arguments that stand side by side. */
export const argSwap: Operator = {
  name: 'arg_swap',
  kinds: ['call'],
  propose: (node, scope, emit) => {
    const given = childrenIn(node, 'argument');
    for (const [i, first] of given.entries()) {
      const second = given[i + 1];
      if (!second || [first, second].some((a) => a.kind === 'spread' || a.kind === 'keyword_argument')) continue;
      const gap = scope.text.slice(first.end, second.start);
      emit(String(i), first.start, second.end, scope.slice(second) + gap + scope.slice(first));
    }
  },
};
