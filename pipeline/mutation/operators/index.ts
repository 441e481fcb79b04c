import type { Operator } from '../operator.ts';
import { argSwap } from './arg-swap.ts';
import { arith } from './arith.ts';
import { attrSwap } from './attr-swap.ts';
import { aug } from './aug.ts';
import { boolAdd } from './bool-add.ts';
import { boolDrop } from './bool-drop.ts';
import { boolSwap } from './bool-swap.ts';
import { callSwap } from './call-swap.ts';
import { cmpBoundary } from './cmp-boundary.ts';
import { cmpEq } from './cmp-eq.ts';
import { cmpFlip } from './cmp-flip.ts';
import { condConst } from './cond-const.ts';
import { condNeg } from './cond-neg.ts';
import { constBool } from './const-bool.ts';
import { constInt } from './const-int.ts';
import { constNull } from './const-null.ts';
import { constStr } from './const-str.ts';
import { convAdd } from './conv-add.ts';
import { convDrop } from './conv-drop.ts';
import { excSwap } from './exc-swap.ts';
import { guardDel } from './guard-del.ts';
import { guardIns } from './guard-ins.ts';
import { ifexp } from './ifexp.ts';
import { kwargAdd } from './kwarg-add.ts';
import { kwargDrop } from './kwarg-drop.ts';
import { loopCtl } from './loop-ctl.ts';
import { nameSwap } from './name-swap.ts';
import { offByOne } from './off-by-one.ts';
import { operandSwap } from './operand-swap.ts';
import { retAdd } from './ret-add.ts';
import { retDrop } from './ret-drop.ts';
import { retNone } from './ret-none.ts';
import { retOther } from './ret-other.ts';
import { slice } from './slice.ts';
import { stmtDel } from './stmt-del.ts';
import { stmtIns } from './stmt-ins.ts';
import { stmtSwap } from './stmt-swap.ts';

/** Every family. The order decides which family an edit is counted in when two propose the same text. */
export const operators: readonly Operator[] = [
  cmpBoundary,
  cmpFlip,
  cmpEq,
  boolSwap,
  arith,
  aug,
  loopCtl,
  constBool,
  constNull,
  excSwap,
  offByOne,
  constInt,
  operandSwap,
  boolDrop,
  condNeg,
  condConst,
  ifexp,
  nameSwap,
  callSwap,
  attrSwap,
  argSwap,
  kwargDrop,
  slice,
  constStr,
  convDrop,
  retDrop,
  retNone,
  stmtDel,
  guardDel,
  stmtSwap,
  boolAdd,
  convAdd,
  kwargAdd,
  retAdd,
  retOther,
  stmtIns,
  guardIns,
];
