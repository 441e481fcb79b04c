import type { Scope } from './scope.ts';
import type { SyntaxNode } from './types.ts';

const MOST = 2;

/**
 * Conversions worth adding to a value, the module's habits first: `int`, `.strip`. `without` is one that is taken
 * away there, so that it does not speak for itself.
 */
export function conversionsAt(node: SyntaxNode, scope: Scope, without?: string): string[] {
  if (!convertsHere(node)) return [];
  const { dialect, tables } = scope;
  const all = [...dialect.conversions, ...dialect.conversion_methods.map((m) => `.${m}`)];
  const count = (c: string) => (tables.calls.get(c.replace('.', '')) ?? 0) - (c === without ? 1 : 0);
  const used = all
    .map((c, i) => ({ c, n: count(c), i }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n || a.i - b.i);
  return used.slice(0, MOST).map(({ c }) => c);
}

/** A value that is returned, assigned, passed on or put beside an operator. */
function convertsHere({ role, parent, is_binding }: SyntaxNode): boolean {
  if (is_binding || !parent) return false;
  if (parent.kind === 'return') return true;
  if (parent.kind === 'assign') return role === 'value';
  if (parent.kind === 'call') return role === 'argument';
  return parent.kind === 'compare' || role === 'iterable';
}
