import { child } from '../nodes.ts';
import { isTight, type Operator } from '../operator.ts';
import type { SyntaxNode } from '../types.ts';

const ORDERED = new Set(['<', '<=', '>', '>=', '-', '+', '/', '//', '%']);

/** Exchanging the two must not change how the text is read. */
const canMove = (node: SyntaxNode, parent: SyntaxNode): boolean =>
  isTight(node) || node.kind === 'unary_minus' || (parent.kind === 'compare' && node.kind === 'binary');

/** Exchanges the two sides of an operator that cares. */
export const operandSwap: Operator = {
  name: 'operand_swap',
  kinds: ['compare', 'binary'],
  propose: (node, scope, emit) => {
    const [left, right, token] = [child(node, 'left'), child(node, 'right'), node.tokens[0]];
    if (!left || !right || !token || node.tokens.length > 1 || !ORDERED.has(token.text)) return;
    if (!canMove(left, node) || !canMove(right, node)) return;
    const gap = scope.text.slice(left.end, right.start);
    emit(token.text, left.start, right.end, scope.slice(right) + gap + scope.slice(left));
  },
};
