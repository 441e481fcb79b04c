import { parameterNames } from './functions.ts';
import { calleeName, child, childrenIn, enclosing, findKinds, walk } from './nodes.ts';
import type { Donor, ModuleTables, NodeKind, SourceFunction, SyntaxNode, Token } from './types.ts';

const LONGEST_DONOR = 160;

class Collector {
  readonly names = new Set<string>();
  readonly signatures = new Map<string, readonly string[]>();
  readonly classes = new Set<string>();
  readonly constructors = new Map<string, readonly string[]>();
  readonly attributes = new Map<string, Map<string, number>>();
  readonly keywords = new Map<string, Token[]>();
  readonly arguments = new Map<string, string[][]>();
  readonly strings = new Map<string, number>();
  readonly calls = new Map<string, number>();
  readonly conditions: Donor[] = [];
  readonly statements: Donor[] = [];
  readonly guards: Donor[] = [];
  readonly returns: Donor[] = [];
  readonly ternaries: Donor[] = [];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  slice(node: SyntaxNode): string {
    return this.text.slice(node.start, node.end);
  }

  visitAny(node: SyntaxNode): void {
    if (node.kind === 'attribute') this.attribute(node);
    else if (node.kind === 'call') this.call(node);
    else if (node.kind === 'string') bump(this.strings, this.slice(node));
    else if (node.kind === 'function') this.signature(node);
    else if (node.kind === 'class' && node.tokens[0]) this.classes.add(node.tokens[0].text);
  }

  private attribute(node: SyntaxNode): void {
    const object = child(node, 'object');
    const base = object && (object.kind === 'name' || object.kind === 'self') ? this.slice(object) : '*';
    const name = node.tokens[0]?.text;
    if (!name) return;
    const pool = this.attributes.get(base) ?? new Map<string, number>();
    this.attributes.set(base, pool);
    bump(pool, name);
  }

  private call(node: SyntaxNode): void {
    const callee = calleeName(node, this.text);
    if (!callee) return;
    bump(this.calls, callee);
    let index = 0;
    for (const argument of childrenIn(node, 'argument')) {
      if (argument.kind === 'keyword_argument') listIn(this.keywords, callee).push(this.keyword(argument));
      else if (argument.kind !== 'spread') {
        const all = listIn(this.arguments, callee);
        while (all.length <= index) all.push([]);
        all[index++]!.push(this.slice(argument));
      }
    }
  }

  private keyword(node: SyntaxNode): Token {
    return { text: this.slice(node), start: node.start, end: node.end };
  }

  private signature(node: SyntaxNode): void {
    const name = node.tokens[0]?.text;
    const holder = enclosing(node, (n) => n.kind === 'class')?.tokens[0]?.text;
    if (holder && /^(__init__|constructor)$/.test(name ?? ''))
      this.constructors.set(holder, parameterNames(node, this.text));
    if (name && !this.signatures.has(name)) this.signatures.set(name, parameterNames(node, this.text));
  }

  /** Copies worth making from the body of one function. */
  visitBody(node: SyntaxNode, from: number): void {
    if (node.kind === 'if' || node.kind === 'while' || node.kind === 'ternary') this.condition(node, from);
    if (node.kind === 'boolean') this.sides(node, from);
    if (node.kind === 'return') this.value(node, from);
    if (node.kind === 'ternary') this.give(this.ternaries, node, from);
    if (node.is_statement && isSimpleStatement(node)) this.give(this.statements, node, from);
    if (isGuard(node)) this.give(this.guards, node, from);
  }

  private condition(node: SyntaxNode, from: number): void {
    const condition = child(node, 'condition');
    if (!condition || condition.kind === 'boolean_literal') return;
    this.give(this.conditions, condition, from);
  }

  /** One side of `and` or `or` is a test wherever it stands. */
  private sides(node: SyntaxNode, from: number): void {
    for (const part of node.children) if (part.kind !== 'boolean') this.give(this.conditions, part, from);
  }

  private value(node: SyntaxNode, from: number): void {
    const value = node.children[0];
    if (value) this.give(this.returns, value, from);
  }

  private give(pool: Donor[], node: SyntaxNode, from: number): void {
    if (node.end - node.start > LONGEST_DONOR) return;
    pool.push({ text: this.slice(node), names: readNames(node, this.text), from, node });
  }
}

/** Names a subtree reads, each once. */
export function readNames(node: SyntaxNode, text: string): string[] {
  const names = new Set<string>();
  for (const n of findKinds(node, 'name', 'self')) if (!n.is_binding) names.add(text.slice(n.start, n.end));
  return [...names];
}

/** A statement without blocks that can stand in another place. */
export const isSimpleStatement = (node: SyntaxNode): boolean =>
  (node.kind === 'expression_statement' && node.children.length > 0) || node.kind === 'raise';

/** A condition without an alternative whose short body leaves or sets something: `if x is None: return`. */
export function isGuard(node: SyntaxNode): boolean {
  if (node.kind !== 'if' || !node.is_statement || child(node, 'otherwise')) return false;
  const body = child(node, 'then');
  const statements = body?.kind === 'block' ? body.children : body ? [body] : [];
  return statements.length > 0 && statements.length <= 2 && statements.every((s) => PLAIN.has(s.kind));
}

const PLAIN: ReadonlySet<NodeKind> = new Set(['return', 'raise', 'break', 'continue', 'expression_statement']);

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** Indexes a module once, so that operators need no further walk over it. */
export function moduleTables(root: SyntaxNode, text: string, functions: readonly SourceFunction[]): ModuleTables {
  const collector = new Collector(text);
  walk(root, (node) => collector.visitAny(node));
  functions.forEach((fn, from) => {
    walk(fn.node, (node) => node.start >= fn.body_start && collector.visitBody(node, from));
  });
  const { names, ...tables } = collector;
  return { ...tables, names: moduleNames(root, text, functions) };
}

/** Names bound outside of every function: functions, classes, constants, imports. */
function moduleNames(root: SyntaxNode, text: string, functions: readonly SourceFunction[]): string[] {
  const names = new Set<string>();
  const inside = new Set(functions.map((fn) => fn.node));
  const visit = (node: SyntaxNode): void => {
    if (node.kind === 'name' && node.is_binding) names.add(text.slice(node.start, node.end));
    if ((node.kind === 'function' || node.kind === 'class') && node.tokens[0] && isDeclared(node))
      names.add(node.tokens[0].text);
    if (node.kind === 'class' || inside.has(node)) return;
    for (const c of node.children) visit(c);
  };
  visit(root);
  return [...names];
}

/** Methods have names too, but those are not in scope. */
const isDeclared = (node: SyntaxNode): boolean => node.parent?.kind !== 'object' && node.parent?.kind !== 'call';
