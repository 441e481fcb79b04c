import { conversionsAt } from '../conversions.ts';
import { calleeName } from '../nodes.ts';
import { isTight, type Operator, wrapped } from '../operator.ts';

/** Adds a conversion that the module uses elsewhere. */
export const convAdd: Operator = {
  name: 'conv_add',
  kinds: ['name', 'attribute', 'call', 'index'],
  repair_only: true,
  propose: (node, scope, emit) => {
    if (node.kind === 'call' && scope.dialect.conversions.includes(calleeName(node, scope.text) ?? '')) return;
    for (const conversion of conversionsAt(node, scope)) {
      const text = scope.slice(node);
      if (!conversion.startsWith('.')) emit(conversion, node.start, node.end, `${conversion}(${text})`);
      else if (isTight(node)) emit(conversion, node.end, node.end, `${conversion}()`);
      else emit(conversion, node.start, node.end, `${wrapped(node, scope)}${conversion}()`);
    }
  },
};
