import type { Operator } from '../operator.ts';
import type { NodeKind } from '../types.ts';

const NEVER: ReadonlySet<NodeKind> = new Set(['assign', 'augmented', 'update', 'yield', 'await']);

/** Returns what an expression statement computes, or a local at the end of the function. */
export const retAdd: Operator = {
  name: 'ret_add',
  kinds: ['expression_statement'],
  repair_only: true,
  propose: (node, _scope, emit) => {
    const value = node.children[0];
    if (value && !NEVER.has(value.kind)) emit('ret', node.start, node.start, 'return ');
  },
};
