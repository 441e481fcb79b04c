import type { Dialect } from './types.ts';

/** Operators that are written and mistaken alike in every language; a dialect adds its own. */
export const boundaries: Dialect['boundaries'] = { '<': ['<='], '<=': ['<'], '>': ['>='], '>=': ['>'] };
export const flips: Dialect['flips'] = { '<': ['>', '>='], '>': ['<', '<='], '<=': ['>=', '>'], '>=': ['<=', '<'] };
export const augmented: Dialect['augmented'] = {
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '/=': ['*='],
  '|=': ['&='],
  '&=': ['|='],
};
/** Those that take a step of one, where a language has them. */
export const steps: Dialect['augmented'] = { '++': ['--'], '--': ['++'] };
