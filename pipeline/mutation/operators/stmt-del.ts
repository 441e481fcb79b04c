import { removal } from '../layout.ts';
import { child } from '../nodes.ts';
import type { Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

/** Forgets a statement of one line. One that first binds a local stays: its absence is no bug, it is a crash. */
export const stmtDel: Operator = {
  name: 'stmt_del',
  kinds: ['expression_statement', 'raise', 'break', 'continue'],
  propose: (node, scope, emit) => {
    if (!node.is_statement || scope.slice(node).includes('\n') || bindsFirst(node, scope)) return;
    const { start, end, replacement } = removal(node, scope);
    emit(node.kind === 'expression_statement' ? node.children[0]!.kind : node.kind, start, end, replacement);
  },
};

function bindsFirst(node: SyntaxNode, scope: Scope): boolean {
  const assign = node.children[0];
  if (assign?.kind !== 'assign') return false;
  const target = child(assign, 'target');
  return (
    target?.kind !== 'attribute' &&
    target?.kind !== 'index' &&
    !(target?.kind === 'name' && scope.locals.get(scope.slice(target))! < node.start)
  );
}
