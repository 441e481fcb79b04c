import type { Scope } from './scope.ts';
import type { NodeKind, SyntaxNode } from './types.ts';

/** Proposes to replace [start, end) of the module text. */
export type Emit = (detail: string, start: number, end: number, replacement: string) => void;

/** One family of edits. */
export interface Operator {
  /** Family name, for example `cmp_boundary`. */
  readonly name: string;
  /** Kinds of nodes it looks at. */
  readonly kinds: readonly NodeKind[];
  /** Only ever repairs: it adds what a bug of another family takes away. */
  readonly repair_only?: boolean;
  readonly propose: (node: SyntaxNode, scope: Scope, emit: Emit) => void;
}

const TIGHT: ReadonlySet<NodeKind> = new Set([
  'name',
  'self',
  'attribute',
  'call',
  'index',
  'integer',
  'float',
  'string',
  'template',
  'boolean_literal',
  'null_literal',
  'parenthesized',
  'collection',
  'object',
  'comprehension',
]);

/** Binds tighter than any operator: needs no parentheses wherever it stands. */
export const isTight = (node: SyntaxNode): boolean => TIGHT.has(node.kind);

/** The node's text, in parentheses unless it needs none. */
export const wrapped = (node: SyntaxNode, scope: Scope): string =>
  isTight(node) ? scope.slice(node) : `(${scope.slice(node)})`;

/** A name, attribute or element that is read. */
export const isPlainValue = (node: SyntaxNode): boolean =>
  !node.is_binding && (node.kind === 'name' || node.kind === 'attribute' || node.kind === 'index');

/** Calls, or is called: not a value of its own. */
export const isCallee = (node: SyntaxNode): boolean => node.role === 'callee';

/** `{ a }` of JavaScript: renaming the value would rename the key. */
export const isShorthand = (node: SyntaxNode): boolean =>
  node.parent?.kind === 'pair' && node.parent.start === node.start && node.parent.end === node.end;

export type Confusions = Readonly<Record<string, readonly string[]>>;

/** Makes a table go both ways: what a bug replaces, a repair puts back. */
export function bothWays(table: Confusions): Map<string, string[]> {
  const both = new Map<string, string[]>();
  const add = (a: string, b: string) => {
    const list = both.get(a) ?? [];
    if (!list.includes(b)) list.push(b);
    both.set(a, list);
  };
  for (const [a, others] of Object.entries(table)) for (const b of others) add(a, b);
  for (const [a, others] of Object.entries(table)) for (const b of others) add(b, a);
  return both;
}

/** An operator that replaces one token by those it is confused with. */
export function tokenSwap(
  name: string,
  kinds: readonly NodeKind[],
  tableOf: (scope: Scope) => Confusions,
  applies: (node: SyntaxNode) => boolean = () => true,
): Operator {
  const closures = new WeakMap<Confusions, Map<string, string[]>>();
  const propose: Operator['propose'] = (node, scope, emit) => {
    if (!applies(node)) return;
    const table = tableOf(scope);
    const both = closures.get(table) ?? bothWays(table);
    closures.set(table, both);
    for (const token of node.tokens) {
      const others = scope.mode === 'bug' ? (table[token.text] ?? []) : (both.get(token.text) ?? []);
      for (const other of others) emit(`${token.text}>${other}`, token.start, token.end, other);
    }
  };
  return { name, kinds, propose };
}
