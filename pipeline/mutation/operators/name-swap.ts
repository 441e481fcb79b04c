import { isCallee, isShorthand, type Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';

/** How many of the most similar names a repair and a bug try. */
const REPAIRS = 3;
const BUGS = 2;

/** Another name of the same scope: a local for a local, a constant or class for another. */
export const nameSwap: Operator = {
  name: 'name_swap',
  kinds: ['name'],
  propose: (node, scope, emit) => {
    if (node.is_binding || isCallee(node) || isShorthand(node)) return;
    const name = scope.slice(node);
    const pool = poolOf(name, scope);
    if (!pool) return;
    const near = (of: string, count: number) => scope.near(of, pool.key, pool.names, count);
    const count = scope.mode === 'bug' ? BUGS : REPAIRS;
    for (const other of near(name, count)) {
      if (scope.mode === 'repair' || near(other, REPAIRS).includes(name)) emit(pool.key, node.start, node.end, other);
    }
  },
};

function poolOf(name: string, scope: Scope): { key: string; names: readonly string[] } | null {
  if (scope.locals.has(name)) return { key: 'local', names: [...scope.locals.keys()] };
  const { names } = scope.tables;
  if (!/^_*[A-Z]/.test(name) || !names.includes(name)) return null;
  const is_constant = isConstant(name);
  return {
    key: is_constant ? 'constant' : 'global',
    names: names.filter((n) => /^_*[A-Z]/.test(n) && isConstant(n) === is_constant),
  };
}

const isConstant = (name: string): boolean => name === name.toUpperCase();
