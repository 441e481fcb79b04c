import { child } from '../nodes.ts';
import { isCallee, type Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

const REPAIRS = 3;
const BUGS = 2;
/** Attributes beyond this many (the most used ones) are not thought of. */
const LARGEST_POOL = 60;

/** Another attribute or method: one of a known pair such as `lower` and `upper`, or one used on the same object. */
export const attrSwap: Operator = {
  name: 'attr_swap',
  kinds: ['attribute'],
  propose: (node, scope, emit) => {
    const token = node.tokens[0];
    if (!token || token.text.startsWith('#') || (node.is_binding && !isCallee(node))) return;
    const detail = isCallee(node) ? 'method' : 'attribute';
    const pool = poolOf(node, scope);
    for (const other of scope.siblings(token.text)) emit(detail, token.start, token.end, other);
    const near = (name: string, count: number) => scope.near(name, pool.key, pool.names, count);
    const is_reversible = (other: string) =>
      (pool.counts.get(token.text) ?? 0) > 1 && near(other, REPAIRS).includes(token.text);
    for (const other of near(token.text, scope.mode === 'bug' ? BUGS : REPAIRS)) {
      if (scope.mode === 'repair' || is_reversible(other)) emit(detail, token.start, token.end, other);
    }
  },
};

interface Pool {
  key: string;
  names: Iterable<string>;
  counts: ReadonlyMap<string, number>;
}

/** What is read from the same base elsewhere in the module. */
function poolOf(node: SyntaxNode, scope: Scope): Pool {
  const object = child(node, 'object');
  const is_plain = object?.kind === 'name' || object?.kind === 'self';
  const base = object && is_plain ? scope.slice(object) : '*';
  const counts = scope.tables.attributes.get(base) ?? new Map<string, number>();
  const used = base === '*' ? [...counts.keys()].filter((name) => scope.attributes.has(name)) : [...counts.keys()];
  return {
    key: `attribute ${base}`,
    names: used.length > LARGEST_POOL ? mostUsed(used, counts) : used,
    counts: base === '*' ? scope.attributes : counts,
  };
}

const mostUsed = (names: string[], counts: ReadonlyMap<string, number>): string[] =>
  names.sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1)).slice(0, LARGEST_POOL);
