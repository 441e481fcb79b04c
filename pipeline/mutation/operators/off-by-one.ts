import { calleeName, child } from '../nodes.ts';
import { isCallee, isPlainValue, type Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

/** Adds or forgets one where positions and lengths are at stake. */
export const offByOne: Operator = {
  name: 'off_by_one',
  kinds: ['binary', 'name', 'attribute', 'call', 'index'],
  propose: (node, scope, emit) => {
    const left = child(node, 'left');
    const right = child(node, 'right');
    const token = node.tokens[0]?.text;
    if (node.kind === 'binary' && left && right && (token === '+' || token === '-')) {
      const is_one = right.kind === 'integer' && scope.slice(right) === '1';
      if (is_one && countsHere(node, scope)) emit(`rm${token}`, left.end, right.end, '');
    }
    if (!isCounted(node, scope)) return;
    emit('add+', node.end, node.end, ' + 1');
    emit('add-', node.end, node.end, ' - 1');
  },
};

function isCounted(node: SyntaxNode, scope: Scope): boolean {
  if (node.is_binding || isCallee(node) || node.role === 'object') return false;
  const is_value = isPlainValue(node) || isLength(node, scope) || isSum(node) || node.kind === 'call';
  return is_value && countsHere(node, scope);
}

const isSum = (node: SyntaxNode): boolean =>
  node.kind === 'binary' &&
  (node.tokens[0]?.text === '+' || node.tokens[0]?.text === '-') &&
  child(node, 'right')?.kind !== 'integer';

const isLength = (node: SyntaxNode, scope: Scope): boolean =>
  (node.kind === 'call' && calleeName(node, scope.text) === 'len') ||
  (node.kind === 'attribute' && node.tokens[0]?.text === 'length');

const ORDERED = /^[<>]=?$/;
const COUNTING_CALLS = new Set([
  'range',
  'slice',
  'substring',
  'substr',
  'charAt',
  'charCodeAt',
  'splice',
  'indexOf',
  'find',
]);

/** An index, a slice bound, a side of `<`, an argument of a call that takes positions, or a length. */
function countsHere(node: SyntaxNode, scope: Scope): boolean {
  const parent = node.parent;
  if (node.role === 'index' || node.role === 'low' || node.role === 'high') return true;
  if (parent?.kind === 'compare') return ORDERED.test(parent.tokens[0]?.text ?? '');
  if (parent?.kind === 'call' && node.role === 'argument')
    return COUNTING_CALLS.has(calleeName(parent, scope.text) ?? '');
  if (isLength(node, scope)) return true;
  const is_result = parent?.kind === 'return' || (parent?.kind === 'assign' && node.role === 'value');
  return (
    is_result &&
    (node.kind === 'name' || node.kind === 'attribute' || node.kind === 'binary' || isPosition(node, scope))
  );
}

/** `x.find(y)` and its like say where something is. */
const isPosition = (node: SyntaxNode, scope: Scope): boolean =>
  node.kind === 'call' &&
  /^(find|rfind|index|indexOf|lastIndexOf|start|end|search)$/.test(calleeName(node, scope.text) ?? '');
