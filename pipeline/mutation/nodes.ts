import type { NodeKind, Role, SyntaxNode } from './types.ts';

/** First child that plays a role. */
export const child = (node: SyntaxNode, role: Role): SyntaxNode | undefined =>
  node.children.find((c) => c.role === role);

/** All children that play a role, in source order. */
export const childrenIn = (node: SyntaxNode, role: Role): SyntaxNode[] => node.children.filter((c) => c.role === role);

/** Every node of a subtree, parents before children, in source order. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (const c of node.children) walk(c, visit);
}

/** Every node of a subtree that has one of the kinds. */
export function findKinds(node: SyntaxNode, ...kinds: NodeKind[]): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  walk(node, (n) => kinds.includes(n.kind) && found.push(n));
  return found;
}

/** The nearest node at or above that satisfies a test. */
export function enclosing(node: SyntaxNode, test: (node: SyntaxNode) => boolean): SyntaxNode | null {
  for (let at: SyntaxNode | null = node; at; at = at.parent) if (test(at)) return at;
  return null;
}

/** The statement a node belongs to, or the outermost node when there is none. */
export const statementOf = (node: SyntaxNode): SyntaxNode => enclosing(node, (n) => n.is_statement) ?? node;

/** What a statement does: an expression statement is named for its expression. */
export const statementKind = (statement: SyntaxNode): NodeKind =>
  statement.kind === 'expression_statement' ? (statement.children[0]?.kind ?? statement.kind) : statement.kind;

/** The called thing's plain name: `f` of `f(x)`, `m` of `a.b.m(x)`; null for any other callee. */
export function calleeName(call: SyntaxNode, text: string): string | null {
  const callee = child(call, 'callee');
  if (callee?.kind === 'name') return text.slice(callee.start, callee.end);
  if (callee?.kind === 'attribute') return callee.tokens[0]?.text ?? null;
  return null;
}

/** 1-based line of an offset. */
export function lineAt(line_starts: readonly number[], offset: number): number {
  let low = 0;
  let high = line_starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (line_starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** Offset of the first character of each line. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
