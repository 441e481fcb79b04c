import { findKinds } from '../nodes.ts';
import type { Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

const MOST_DONORS = 2;
const MOST_OWNERS = 1;

/** Adds a second test to a condition, or a second choice to a value. */
export const boolAdd: Operator = {
  name: 'bool_add',
  kinds: ['name', 'attribute', 'index', 'call', 'compare', 'not', 'boolean'],
  repair_only: true,
  propose: (node, scope, emit) => {
    const { and, or } = scope.dialect;
    const is_condition = node.role === 'condition';
    if (!is_condition && !isResult(node)) return;
    for (const other of is_condition || node.kind !== 'name' ? partners(node, scope) : []) {
      emit(`${and} right`, node.end, node.end, ` ${and} ${other}`);
      emit(`${and} left`, node.start, node.start, `${other} ${and} `);
      emit(`${or} right`, node.end, node.end, ` ${or} ${other}`);
    }
    for (const owner of owners(node, scope)) emit('owner', node.start, node.start, `${owner} ${and} `);
    if (!is_condition)
      for (const value of scope.dialect.defaults) emit('default', node.end, node.end, ` ${or} ${value}`);
  },
};

/** A value that is returned or assigned, and may be the result of a choice. */
function isResult(node: SyntaxNode): boolean {
  if (node.is_binding || (node.kind === 'compare' && node.parent?.kind !== 'return')) return false;
  return node.parent?.kind === 'return' || (node.parent?.kind === 'assign' && node.role === 'value');
}

/** Tests in scope that are used elsewhere, the nearest first. */
function partners(node: SyntaxNode, scope: Scope): string[] {
  const own = scope.slice(node);
  const overlaps = (d: { node: SyntaxNode }) => d.node.start < node.end && node.start < d.node.end;
  const found = scope.donors('conditions').filter((d) => d.node.kind !== 'boolean' && d.text !== own && !overlaps(d));
  return found.slice(0, MOST_DONORS).map((d) => d.text);
}

/** `x` of `x.y > 1`: what has to be there before it can be asked. */
function owners(node: SyntaxNode, scope: Scope): string[] {
  const bases = findKinds(node, 'attribute', 'index').map((n) => n.children[0]!);
  const plain = bases.filter((n) => n.kind === 'name' || n.kind === 'attribute').map(scope.slice);
  return [...new Set(plain)].filter((name) => /^[\w$.]+$/.test(name)).slice(0, MOST_OWNERS);
}
