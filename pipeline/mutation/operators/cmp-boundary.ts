import { tokenSwap } from '../operator.ts';

/** Takes the limit in or leaves it out: `<` and `<=`. */
export const cmpBoundary = tokenSwap('cmp_boundary', ['compare'], ({ dialect }) => dialect.boundaries);
