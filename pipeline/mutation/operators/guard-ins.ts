import type { Operator } from '../operator.ts';

/** Copies a guard from elsewhere in the module. */
export const guardIns: Operator = {
  name: 'guard_ins',
  kinds: ['block'],
  repair_only: true,
  propose: (node, scope, emit) => {
    for (const { block, detail, start, end, replacement } of scope.insertions('guards')) {
      if (block === node) emit(detail, start, end, replacement);
    }
  },
};
