import { child } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Forgets one side of `and` or `or`. */
export const boolDrop: Operator = {
  name: 'bool_drop',
  kinds: ['boolean'],
  propose: (node, _scope, emit) => {
    const [left, right] = [child(node, 'left'), child(node, 'right')];
    if (!left || !right) return;
    emit('right', left.end, right.end, '');
    emit('left', left.start, right.start, '');
  },
};
