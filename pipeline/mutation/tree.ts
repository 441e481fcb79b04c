import type { TreeCursor } from 'web-tree-sitter';
import type { NodeKind, Role, SyntaxNode, Token } from './types.ts';

/** A concrete syntax node as the parser names it, copied out of the parser's memory. */
export interface RawNode {
  readonly type: string;
  readonly named: boolean;
  readonly field: string | null;
  readonly start: number;
  readonly end: number;
  readonly children: readonly RawNode[];
}

/** Copies the subtree under the cursor. The cursor ends where it began. */
export function readTree(cursor: TreeCursor): RawNode {
  const children: RawNode[] = [];
  if (cursor.gotoFirstChild()) {
    do children.push(readTree(cursor));
    while (cursor.gotoNextSibling());
    cursor.gotoParent();
  }
  return {
    type: cursor.nodeType,
    named: cursor.nodeIsNamed,
    field: cursor.currentFieldName,
    start: cursor.startIndex,
    end: cursor.endIndex,
    children,
  };
}

/** A raw child with the part it plays, before it is made neutral. */
export interface Part {
  readonly role: Role;
  readonly raw: RawNode;
  /** The name below is written, not read. */
  readonly binding?: boolean;
}

/** Parts by field, as the grammars of all languages name them. */
export const COMMON_ROLES: Readonly<Record<string, Role>> = {
  condition: 'condition',
  consequence: 'then',
  alternative: 'otherwise',
  body: 'body',
  left: 'left',
  right: 'right',
  argument: 'operand',
  object: 'object',
  value: 'value',
  key: 'key',
  function: 'callee',
  parameters: 'parameters',
};

/** What a language says about one raw node. */
export interface Shape {
  readonly kind: NodeKind;
  readonly parts: readonly Part[];
  readonly tokens?: readonly Token[];
  /** Overrides the span, for example to leave out parentheses. */
  readonly span?: { readonly start: number; readonly end: number };
}

/** Turns one raw node into neutral words; null leaves it out. */
export type Shaper = (raw: RawNode, binding: boolean) => Shape | null;

/** Everything the neutral view needs to know about one language. */
export interface Grammar {
  readonly shape: Shaper;
  readonly is_statement: (raw: RawNode) => boolean;
}

const HOLDS_STATEMENTS: ReadonlySet<NodeKind> = new Set(['block', 'module', 'case']);

/** The neutral view of a raw tree. */
export function neutralTree(raw: RawNode, grammar: Grammar): SyntaxNode {
  const root = build({ role: 'none', raw }, null, grammar);
  if (!root) throw new Error(`grammar drops the root node ${raw.type}`);
  return root;
}

function build(part: Part, parent: SyntaxNode | null, grammar: Grammar): SyntaxNode | null {
  const { raw, role, binding = false } = part;
  const shape = grammar.shape(raw, binding);
  if (!shape) return null;
  const children: SyntaxNode[] = [];
  const node: SyntaxNode = {
    kind: shape.kind,
    role,
    start: shape.span?.start ?? raw.start,
    end: shape.span?.end ?? raw.end,
    parent,
    children,
    tokens: shape.tokens ?? [],
    is_statement: parent !== null && HOLDS_STATEMENTS.has(parent.kind) && grammar.is_statement(raw),
    is_binding: binding,
  };
  for (const child of shape.parts) {
    const built = build(child, node, grammar);
    if (built) children.push(built);
  }
  return node;
}

/** The raw node as a token. */
export const tokenOf = (raw: RawNode): Token => ({
  text: raw.type,
  start: raw.start,
  end: raw.end,
});

/** Named children that are not comments. */
export const namedChildren = (raw: RawNode): RawNode[] =>
  raw.children.filter((child) => child.named && child.type !== 'comment');

/** First child in a field. */
export const inField = (raw: RawNode, field: string): RawNode | undefined =>
  raw.children.find((child) => child.field === field);

/** Unnamed children in one of the fields, as tokens: operators. */
export const operatorTokens = (raw: RawNode, ...fields: string[]): Token[] =>
  raw.children.filter((child) => child.field !== null && fields.includes(child.field)).map(tokenOf);
