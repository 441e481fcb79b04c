import { type Operator, tokenSwap } from '../operator.ts';

const swap = tokenSwap('aug', ['augmented', 'update'], ({ dialect }) => dialect.augmented);

/** Another augmented assignment, or a plain one: `+=` and `-=`, `+=` and `=`, `++` and `--`. */
export const aug: Operator = {
  name: 'aug',
  kinds: ['augmented', 'update', 'assign'],
  propose: (node, scope, emit) => {
    swap.propose(node, scope, emit);
    const token = node.tokens[0];
    if (!token) return;
    if (token.text === '+=') emit('+=>=', token.start, token.end, '=');
    const can_add = node.kind === 'assign' && token.text === '=' && node.parent?.kind === 'expression_statement';
    if (scope.mode === 'repair' && can_add) emit('=>+=', token.start, token.end, '+=');
  },
};
