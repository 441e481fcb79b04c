import type { Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

const MOST = 3;

/** Adds a second test to a condition. */
export const boolAdd: Operator = {
  name: 'bool_add',
  kinds: ['name', 'attribute', 'index', 'call', 'compare', 'not', 'boolean'],
  repair_only: true,
  propose: (node, scope, emit) => {
    if (node.role !== 'condition') return;
    const { and, or } = scope.dialect;
    for (const other of partners(node, scope)) {
      for (const join of [and, or]) {
        emit(`${join} right`, node.end, node.end, ` ${join} ${other}`);
        emit(`${join} left`, node.start, node.start, `${other} ${join} `);
      }
    }
  },
};

/** Tests in scope that share a name with this one come first. */
function partners(node: SyntaxNode, scope: Scope): string[] {
  const own = scope.slice(node);
  const inside = (donor: { node: SyntaxNode }) => donor.node.start < node.end && node.start < donor.node.end;
  const found = scope.donors('conditions').filter((d) => !inside(d) && d.node.kind !== 'boolean' && d.text !== own);
  return found.slice(0, MOST).map((d) => d.text);
}
