import type { Operator } from '../operator.ts';

/** True for false and the other way round. */
export const constBool: Operator = {
  name: 'const_bool',
  kinds: ['boolean_literal'],
  propose: (node, scope, emit) => {
    const { dialect } = scope;
    const is_true = scope.slice(node) === dialect.true_text;
    emit(is_true ? 'T>F' : 'F>T', node.start, node.end, is_true ? dialect.false_text : dialect.true_text);
  },
};
