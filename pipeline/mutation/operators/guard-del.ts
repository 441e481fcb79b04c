import { removal } from '../layout.ts';
import { child } from '../nodes.ts';
import type { Operator } from '../operator.ts';
import { isGuard } from '../tables.ts';

const LONGEST = 160;

/** Forgets a guard: `if x is None: return`. */
export const guardDel: Operator = {
  name: 'guard_del',
  kinds: ['if'],
  propose: (node, scope, emit) => {
    if (!isGuard(node) || node.end - node.start > LONGEST) return;
    const body = child(node, 'then')!;
    const last = body.kind === 'block' ? body.children.at(-1)! : body;
    const { start, end, replacement } = removal(node, scope);
    emit(last.kind, start, end, replacement);
  },
};
