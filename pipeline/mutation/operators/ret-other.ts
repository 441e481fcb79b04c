import { returnsFor } from '../donors.ts';
import type { Operator } from '../operator.ts';

/** Values tried where nothing is returned, and where a name is. */
const MOST_FOR_NOTHING = 30;
const MOST_FOR_NAME = 2;

/** Returns another value: one that this function, its class or its module returns elsewhere, or a local. */
export const retOther: Operator = {
  name: 'ret_other',
  kinds: ['return'],
  repair_only: true,
  propose: (node, scope, emit) => {
    const value = node.children[0];
    if (value && value.kind !== 'null_literal' && value.kind !== 'name') return;
    const most = value?.kind === 'name' ? MOST_FOR_NAME : MOST_FOR_NOTHING;
    for (const text of returnsFor(scope, node).slice(0, most)) {
      if (value) emit('value', value.start, value.end, text);
      else emit('bare', node.start, node.start + 'return'.length, `return ${text}`);
    }
  },
};
