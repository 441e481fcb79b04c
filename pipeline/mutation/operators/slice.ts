import { sliceBounds } from '../donors.ts';
import { child } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Forgets a bound of a slice, or gives it the other one. A repair puts a bound back. */
export const slice: Operator = {
  name: 'slice',
  kinds: ['slice'],
  propose: (node, scope, emit) => {
    if (child(node, 'step')) return;
    const low = child(node, 'low');
    const high = child(node, 'high');
    if (low && high) {
      emit('no_low', low.start, low.end, '');
      emit('no_high', high.start, high.end, '');
    } else if (low) emit('flip', node.start, node.end, `:${scope.slice(low)}`);
    else if (high) emit('flip', node.start, node.end, `${scope.slice(high)}:`);
    if (scope.mode === 'bug') return;
    const bounds = sliceBounds(scope);
    if (!low) for (const bound of bounds) emit('low', node.start, node.start, bound);
    if (!high) for (const bound of bounds) emit('high', node.end, node.end, bound);
  },
};
