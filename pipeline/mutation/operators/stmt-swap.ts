import type { Operator } from '../operator.ts';
import type { SyntaxNode } from '../types.ts';

const isMovable = (node: SyntaxNode): boolean => node.kind === 'expression_statement' && node.is_statement;

/** Exchanges two statements that follow one another. */
export const stmtSwap: Operator = {
  name: 'stmt_swap',
  kinds: ['expression_statement'],
  propose: (node, scope, emit) => {
    const siblings = node.parent?.children ?? [];
    const next = siblings[siblings.indexOf(node) + 1];
    if (!isMovable(node) || !next || !isMovable(next)) return;
    const gap = scope.text.slice(node.end, next.start);
    emit('next', node.start, next.end, scope.slice(next) + gap + scope.slice(node));
  },
};
