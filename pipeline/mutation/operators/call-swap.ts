import type { Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';

const REPAIRS = 2;
const BUGS = 2;

/** Calls another function: one of a known pair such as `min` and `max`, or one of the module with a similar name. */
export const callSwap: Operator = {
  name: 'call_swap',
  kinds: ['name'],
  propose: (node, scope, emit) => {
    if (node.role !== 'callee') return;
    const name = scope.slice(node);
    for (const other of scope.siblings(name)) emit('sibling', node.start, node.end, other);
    const pool = poolOf(name, scope);
    if (!pool) return;
    const near = (of: string, count: number) => scope.near(of, pool.key, pool.names, count);
    for (const other of near(name, scope.mode === 'bug' ? BUGS : REPAIRS)) {
      if (scope.mode === 'repair' || near(other, REPAIRS).includes(name)) emit(pool.key, node.start, node.end, other);
    }
  },
};

/** Callable names of the module, classes apart from functions. */
function poolOf(name: string, { tables }: Scope): { key: string; names: string[] } | null {
  if (!tables.signatures.has(name) && !tables.classes.has(name)) return null;
  const is_class = tables.classes.has(name);
  const names = tables.names.filter((n) => (is_class ? tables.classes.has(n) : tables.signatures.has(n)));
  return { key: is_class ? 'class' : 'function', names };
}
