import { child, lineAt, walk } from './nodes.ts';
import type { SourceFunction, SyntaxNode } from './types.ts';

interface Found {
  name: string;
  class_name: string | null;
  node: SyntaxNode;
}

interface Place {
  /** Enclosing classes and objects. */
  path: readonly string[];
  /** Name that an anonymous function at this place would be known by. */
  hint: string | null;
}

/** The outermost functions and methods of a module, in source order, under unique names. */
export function outermostFunctions(root: SyntaxNode, text: string, line_starts: readonly number[]): SourceFunction[] {
  const found: Found[] = [];
  visit(root, { path: [], hint: null }, text, found);
  found.sort((a, b) => a.node.start - b.node.start);
  const seen = new Map<string, number>();
  return found.map(({ name, class_name, node }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return describe(node, count === 1 ? name : `${name}#${count}`, class_name, text, line_starts);
  });
}

function visit(node: SyntaxNode, place: Place, text: string, found: Found[]): void {
  if (node.kind === 'function' && !isWrapper(node, place)) {
    const name = place.hint ?? node.tokens[0]?.text ?? 'anonymous';
    found.push({ name: [...place.path, name].join('.'), class_name: place.path.at(-1) ?? null, node });
    return;
  }
  if (node.kind === 'parameters') return;
  const inner = placeInside(node, place, text);
  for (const c of node.children) visit(c, inner, text, found);
}

function placeInside(node: SyntaxNode, place: Place, text: string): Place {
  const { path, hint } = place;
  if (node.kind === 'class') return { path: [...path, node.tokens[0]?.text ?? hint ?? 'anonymous'], hint: null };
  if (node.kind === 'assign') return targetPlace(node, path, text);
  if (node.kind === 'object') return { path: hint ? [...path, hint] : path, hint: null };
  if (node.kind === 'pair') return { path, hint: node.tokens[0]?.text ?? null };
  return node.is_statement || node.kind === 'block' || node.kind === 'function' ? { path, hint: null } : place;
}

/** `A.prototype.b = function` is the method `A.b`; `exports.c = function` is the function `c`. */
function targetPlace(node: SyntaxNode, path: readonly string[], text: string): Place {
  const target = child(node, 'target');
  const written = target ? text.slice(target.start, target.end) : (node.tokens[0]?.text ?? '');
  if (/^(module\.)?exports$/.test(written)) {
    const own = child(node, 'value')?.kind === 'function' ? 'module.exports' : null;
    return { path, hint: own };
  }
  const words = written
    .replace(/^(module\.)?exports\./, '')
    .replace(/\.prototype\b/, '')
    .split('.');
  const hint = words.pop() ?? null;
  return /^[\w$#.]+$/.test(written) ? { path: [...path, ...words], hint } : { path, hint: null };
}

/** A function that is only there to be called at once or handed over at load time: its body is module code. */
function isWrapper(node: SyntaxNode, place: Place): boolean {
  const outer = outsideParentheses(node);
  if (outer.parent?.kind === 'call' && outer.role === 'callee') return true;
  if (outer.parent?.kind === 'attribute') {
    const member = outsideParentheses(outer.parent);
    if (member.parent?.kind === 'call' && member.role === 'callee') return true;
  }
  const is_anonymous = place.hint === null && node.tokens[0] === undefined;
  return is_anonymous && outer.parent?.kind === 'call';
}

function outsideParentheses(node: SyntaxNode): SyntaxNode {
  return node.parent?.kind === 'parenthesized' ? outsideParentheses(node.parent) : node;
}

function describe(
  node: SyntaxNode,
  name: string,
  class_name: string | null,
  text: string,
  line_starts: readonly number[],
): SourceFunction {
  return {
    name,
    class_name,
    start: node.start,
    end: node.end,
    body_start: bodyStart(node),
    first_line: lineAt(line_starts, node.start),
    last_line: lineAt(line_starts, Math.max(node.start, node.end - 1)),
    parameters: parameterNames(node, text),
    node,
  };
}

/** After the signature and, where the body begins with a text, after that text. */
export function bodyStart(node: SyntaxNode): number {
  const body = child(node, 'body');
  if (!body) return node.end;
  const first = body.kind === 'block' ? body.children[0] : undefined;
  return first?.kind === 'other' && first.is_statement ? first.end : body.start;
}

/** Names bound by the signature, in order. */
export function parameterNames(node: SyntaxNode, text: string): string[] {
  const names: string[] = [];
  for (const part of node.children) {
    if (part.role !== 'parameters') continue;
    walk(part, (n) => {
      const is_bound = (n.kind === 'name' && n.is_binding) || (n.kind === 'self' && n.role !== 'value');
      if (is_bound) names.push(text.slice(n.start, n.end));
    });
  }
  return names;
}
