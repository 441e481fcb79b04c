import type { Operator } from '../operator.ts';

/** Another spelling of "no value": `null` and `undefined`. */
export const constNull: Operator = {
  name: 'const_null',
  kinds: ['null_literal'],
  propose: (node, scope, emit) => {
    const text = scope.slice(node);
    const { null_texts } = scope.dialect;
    if (!null_texts.includes(text)) return;
    for (const other of null_texts) if (other !== text) emit(`${text}>${other}`, node.start, node.end, other);
  },
};
