import { conditionsFor } from '../donors.ts';
import { child } from '../nodes.ts';
import type { Operator } from '../operator.ts';

/** Donor conditions tried for a condition that is a constant. Such places are rare, so many can be afforded. */
const MOST = 120;

/** Makes a condition constant; a repair puts a condition from nearby in a constant's place. */
export const condConst: Operator = {
  name: 'cond_const',
  kinds: ['if', 'while', 'ternary'],
  propose: (node, scope, emit) => {
    const condition = child(node, 'condition');
    if (!condition) return;
    const { true_text, false_text } = scope.dialect;
    const { start, end } = condition;
    const is_endless = node.kind === 'while' && scope.slice(condition) === true_text;
    const is_constant = condition.kind === 'boolean_literal' && !is_endless;
    if (scope.mode === 'repair') {
      if (is_constant)
        for (const text of conditionsFor(scope, condition).slice(0, MOST)) emit('donor', start, end, text);
    } else if (!is_constant) {
      if (node.kind !== 'while') emit('true', start, end, true_text);
      emit('false', start, end, false_text);
    }
  },
};
