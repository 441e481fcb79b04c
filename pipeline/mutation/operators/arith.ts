import { child } from '../nodes.ts';
import { tokenSwap } from '../operator.ts';
import type { SyntaxNode } from '../types.ts';

const isText = (node: SyntaxNode | undefined): boolean => node?.kind === 'string' || node?.kind === 'template';

/** `"a" + b` and `"%s" % b` are not arithmetic. */
const isNumeric = (node: SyntaxNode): boolean => !isText(child(node, 'left')) && !isText(child(node, 'right'));

/** Another arithmetic operator. */
export const arith = tokenSwap('arith', ['binary'], ({ dialect }) => dialect.arithmetic, isNumeric);
