import { calleeName } from '../nodes.ts';
import type { Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

const REPAIRS = 4;
const BUGS = 2;
const LONGEST = 40;
/** What `typeof` can say. */
const TYPES = ['string', 'number', 'object', 'function', 'boolean', 'undefined'];

/** Another string of the module, the empty one, or another type name beside `typeof`. */
export const constStr: Operator = {
  name: 'const_str',
  kinds: ['string'],
  propose: (node, scope, emit) => {
    const text = scope.slice(node);
    if (text.length > LONGEST || text.includes('\n') || isImport(node, scope)) return;
    if (isTypeName(node, scope)) {
      for (const other of typeNames(text)) emit('type', node.start, node.end, other);
      return;
    }
    const pool = [...scope.tables.strings.keys()].filter((s) => s.length <= LONGEST && !s.includes('\n'));
    const near = (of: string, count: number) => scope.near(of, 'string', pool, count);
    const is_reversible = (other: string) =>
      scope.tables.strings.get(text) !== 1 && near(other, REPAIRS).includes(text);
    for (const other of near(text, scope.mode === 'bug' ? BUGS : REPAIRS)) {
      if (scope.mode === 'repair' || is_reversible(other)) emit('other', node.start, node.end, other);
    }
  },
};

const typeNames = (text: string): string[] => TYPES.map((type) => text[0] + type + text[0]).filter((t) => t !== text);

const isTypeName = (node: SyntaxNode, { slice }: Scope): boolean =>
  node.parent?.kind === 'compare' &&
  node.parent.children.some((c) => c.kind === 'unary' && slice(c).startsWith('typeof'));

const isImport = (node: SyntaxNode, { text }: Scope): boolean =>
  node.parent?.kind === 'call' && calleeName(node.parent, text) === 'require';
