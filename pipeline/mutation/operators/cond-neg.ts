import { child } from '../nodes.ts';
import { isTight, type Operator, wrapped } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

/** Negates a condition, or takes a negation away. */
export const condNeg: Operator = {
  name: 'cond_neg',
  kinds: ['not', 'name', 'attribute', 'index', 'call', 'compare', 'boolean', 'parenthesized'],
  propose: (node, scope, emit) => {
    if (node.kind === 'not') {
      const operand = child(node, 'operand');
      if (operand && operand.kind !== 'not') emit('rm', node.start, node.end, unwrapped(operand, node, scope));
    } else if (isTest(node) && !hasOpposite(node, scope)) {
      emit('add', node.start, node.end, scope.dialect.not + wrapped(node, scope));
    }
  },
};

/** Stands where only its truth matters. */
function isTest(node: SyntaxNode): boolean {
  if (node.kind === 'parenthesized') return node.role === 'condition';
  const parent = node.parent;
  if (node.role === 'condition' || parent?.kind === 'boolean') return true;
  const is_returned = parent?.kind === 'return' || (node.role === 'value' && parent?.kind === 'assign');
  return is_returned && (node.kind === 'compare' || node.kind === 'boolean' || node.kind === 'call');
}

/** A comparison such as `==` has its own opposite, which is the better edit. */
const hasOpposite = (node: SyntaxNode, { dialect }: Scope): boolean =>
  node.kind === 'compare' && node.tokens.length === 1 && node.tokens[0]!.text in dialect.equalities;

/** Parentheses that only the negation needed go with it. */
function unwrapped(operand: SyntaxNode, not: SyntaxNode, scope: Scope): string {
  const inner = operand.kind === 'parenthesized' ? operand.children[0] : undefined;
  const is_alone = not.role === 'condition' || not.parent?.kind === 'return' || not.role === 'value';
  return inner && (isTight(inner) || is_alone) ? scope.slice(inner) : scope.slice(operand);
}
