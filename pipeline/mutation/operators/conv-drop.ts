import { conversionsAt } from '../conversions.ts';
import { calleeName, child, childrenIn } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Forgets a conversion: `int(x)`, `x.strip()`. */
export const convDrop: Operator = {
  name: 'conv_drop',
  kinds: ['call'],
  propose: (node, scope, emit) => {
    const callee = child(node, 'callee');
    const name = calleeName(node, scope.text);
    const given = childrenIn(node, 'argument');
    if (!callee || !name || node.tokens.length > 0) return;
    if (callee.kind === 'name' && given.length === 1 && scope.dialect.conversions.includes(name)) {
      const value = given[0]!;
      if (isReversible(name)) emit(name, node.start, node.end, scope.slice(value));
    }
    const object = child(callee, 'object');
    if (object && given.length === 0 && scope.dialect.conversion_methods.includes(name)) {
      if (isReversible(`.${name}`)) emit(`.${name}`, object.end, node.end, '');
    }
    function isReversible(conversion: string): boolean {
      return scope.mode === 'repair' || conversionsAt(node, scope, conversion).includes(conversion);
    }
  },
};
