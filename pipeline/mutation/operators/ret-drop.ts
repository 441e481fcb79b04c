import type { Operator } from '../operator.ts';
import type { NodeKind } from '../types.ts';

/** As statements of their own these would mean something else. */
const NEVER: ReadonlySet<NodeKind> = new Set([
  'string',
  'template',
  'object',
  'function',
  'class',
  'other',
  'null_literal',
]);

/** Forgets to return a value that is computed. */
export const retDrop: Operator = {
  name: 'ret_drop',
  kinds: ['return'],
  propose: (node, _scope, emit) => {
    const value = node.children[0];
    if (value && !NEVER.has(value.kind)) emit('ret', node.start, value.start, '');
  },
};
