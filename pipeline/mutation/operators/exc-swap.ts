import type { Operator } from '../operator.ts';

/** Another one of the common exception types. */
export const excSwap: Operator = {
  name: 'exc_swap',
  kinds: ['name'],
  propose: (node, scope, emit) => {
    const { exceptions } = scope.dialect;
    const name = scope.slice(node);
    if (node.is_binding || !exceptions.includes(name)) return;
    for (const other of exceptions) if (other !== name) emit(`${name}>${other}`, node.start, node.end, other);
  },
};
