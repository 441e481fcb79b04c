import { walk } from './nodes.ts';
import type { SourceFunction, SyntaxNode } from './types.ts';

/** Nodes an edit may touch: the body without signatures, default values and texts that stand alone. */
export function bodyNodes(fn: SourceFunction): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.role === 'parameters' || node.kind === 'parameters') return;
    if (node.start >= fn.body_start || node.kind === 'block') nodes.push(node);
    for (const c of node.children) visit(c);
  };
  for (const c of fn.node.children) visit(c);
  return nodes;
}

export function localNames(
  fn: SourceFunction,
  nodes: readonly SyntaxNode[],
  slice: (node: SyntaxNode) => string,
): Map<string, number> {
  const locals = new Map<string, number>();
  const add = (name: string, at: number) => !locals.has(name) && locals.set(name, at);
  for (const name of fn.parameters) if (!/^(self|cls)$/.test(name)) add(name, fn.start);
  for (const node of nodes) {
    if (node.kind === 'name' && node.is_binding) add(slice(node), node.start);
    if (node.kind === 'function') bindInner(node, add, slice);
  }
  return locals;
}

/** A closure's own name and parameters are in scope for the parts of the closure. */
function bindInner(
  node: SyntaxNode,
  add: (name: string, at: number) => unknown,
  slice: (node: SyntaxNode) => string,
): void {
  const own = node.tokens[0];
  if (own && node.parent?.kind !== 'object' && node.parent?.kind !== 'class') add(own.text, node.start);
  for (const part of node.children) {
    if (part.role === 'parameters') walk(part, (n) => n.kind === 'name' && n.is_binding && add(slice(n), n.start));
  }
}
