import { tokenSwap } from '../operator.ts';

/** Looks the other way: `<` and `>`. */
export const cmpFlip = tokenSwap('cmp_flip', ['compare'], ({ dialect }) => dialect.flips);
