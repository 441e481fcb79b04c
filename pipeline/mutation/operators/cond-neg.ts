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
      if (operand && operand.kind !== 'not' && node.parent?.kind !== 'not')
        emit('rm', node.start, node.end, unwrapped(operand, node, scope));
    } else if (isTest(node) && !hasOpposite(node, scope)) {
      emit('add', node.start, node.end, scope.dialect.not + wrapped(node, scope));
    }
  },
};

/** Stands where only its truth matters, and a negation does not change how the text around it is read. */
function isTest(node: SyntaxNode): boolean {
  const parent = node.parent;
  if (node.kind === 'parenthesized') return node.role === 'condition';
  if (parent?.kind === 'boolean') return node.kind !== 'boolean';
  if (node.role === 'condition') return true;
  const is_result = parent?.kind === 'return' || (node.role === 'value' && parent?.kind === 'assign');
  return is_result && (node.kind === 'compare' || node.kind === 'boolean' || node.kind === 'call');
}

/** A comparison such as `==` has its own opposite, which is the better edit. */
const hasOpposite = (node: SyntaxNode, { dialect }: Scope): boolean =>
  node.kind === 'compare' && node.tokens.length === 1 && node.tokens[0]!.text in dialect.equalities;

/** Parentheses that only the negation needed go with it. */
function unwrapped(operand: SyntaxNode, not: SyntaxNode, scope: Scope): string {
  const inner = operand.kind === 'parenthesized' ? operand.children[0] : undefined;
  if (!inner) return scope.slice(operand);
  const parent = not.parent?.kind;
  const is_alone = not.role === 'condition' || not.role === 'value' || not.role === 'argument' || parent === 'return';
  const is_looser = parent === 'boolean' && (inner.kind === 'compare' || inner.kind === 'binary');
  return isTight(inner) || is_alone || is_looser ? scope.slice(inner) : scope.slice(operand);
}
