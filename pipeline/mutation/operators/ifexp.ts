import { child } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Takes one branch of a conditional expression for good, or exchanges the two. */
export const ifexp: Operator = {
  name: 'ifexp',
  kinds: ['ternary', 'name', 'attribute', 'call', 'index', 'string', 'integer', 'null_literal', 'collection'],
  propose: (node, scope, emit) => {
    const [then, otherwise] = [child(node, 'then'), child(node, 'otherwise')];
    if (node.kind !== 'ternary') {
      if (scope.mode === 'bug' || node.is_binding) return;
      for (const text of scope.ternariesWith(scope.slice(node)).slice(0, 2)) emit('donor', node.start, node.end, text);
      return;
    }
    if (!then || !otherwise) return;
    emit('then', node.start, node.end, scope.slice(then));
    emit('else', node.start, node.end, scope.slice(otherwise));
    const [first, second] = then.start < otherwise.start ? [then, otherwise] : [otherwise, then];
    const gap = scope.text.slice(first.end, second.start);
    emit('swap', first.start, second.end, scope.slice(second) + gap + scope.slice(first));
  },
};
