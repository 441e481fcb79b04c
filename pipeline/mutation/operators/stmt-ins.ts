import type { Operator } from '../operator.ts';

/** Copies a statement from elsewhere in the module to where it has the same neighbours. */
export const stmtIns: Operator = {
  name: 'stmt_ins',
  kinds: ['block'],
  repair_only: true,
  propose: (node, scope, emit) => {
    for (const { block, detail, start, end, replacement } of scope.insertions('statements')) {
      if (block === node) emit(detail, start, end, replacement);
    }
  },
};
