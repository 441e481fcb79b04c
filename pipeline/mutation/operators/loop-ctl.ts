import { enclosing } from '../nodes.ts';
import type { Operator } from '../operator.ts';
import type { SyntaxNode } from '../types.ts';

/** `break` for `continue` and the other way round. One with a label stays. */
export const loopCtl: Operator = {
  name: 'loop_ctl',
  kinds: ['break', 'continue'],
  propose: (node, _scope, emit) => {
    if (node.children.length > 0 || (node.kind === 'break' && leavesSwitch(node))) return;
    const other = node.kind === 'break' ? 'continue' : 'break';
    emit(`${node.kind}>${other}`, node.start, node.start + node.kind.length, other);
  },
};

/** A `break` that ends a case does not control a loop. */
const leavesSwitch = (node: SyntaxNode): boolean =>
  enclosing(node, (n) => n.kind === 'switch' || n.kind === 'loop' || n.kind === 'while')?.kind === 'switch';
