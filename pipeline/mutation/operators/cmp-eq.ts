import { tokenSwap } from '../operator.ts';

/** Asks for the opposite: `==` and `!=`, `is` and `is not`, `in` and `not in`. */
export const cmpEq = tokenSwap('cmp_eq', ['compare'], ({ dialect }) => dialect.equalities);
