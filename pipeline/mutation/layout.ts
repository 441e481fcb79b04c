import type { Edit } from '../ports.ts';
import type { Scope } from './scope.ts';
import type { SyntaxNode } from './types.ts';

type Span = Omit<Edit, 'path'>;

/** Blanks before a statement when nothing else stands before it on its line, else null. */
export function indentOf(node: SyntaxNode, text: string): string | null {
  const line = text.slice(text.lastIndexOf('\n', node.start - 1) + 1, node.start);
  return /^[ \t]*$/.test(line) ? line : null;
}

/** Takes a statement away with its line; where it is alone in its block or shares a line, only the statement goes. */
export function removal(node: SyntaxNode, { text, dialect }: Scope): Span {
  const placeholder = { start: node.start, end: node.end, replacement: dialect.empty_statement };
  const indent = indentOf(node, text);
  const siblings = node.parent?.children ?? [];
  const newline = /^[ \t]*\r?\n/.exec(text.slice(node.end, node.end + 200))?.[0];
  if (indent === null || newline === undefined || siblings.length < 2) return placeholder;
  const line = node.start - indent.length;
  if (siblings.at(-1) === node)
    return { start: line - (text[line - 2] === '\r' ? 2 : 1), end: node.end, replacement: '' };
  const next = node.end + newline.length;
  if (text.startsWith(indent, next)) return { start: node.start, end: next + indent.length, replacement: '' };
  return siblings[0] === node ? placeholder : { start: line, end: next, replacement: '' };
}

/** A statement's text under another indent. */
export const reindented = (text: string, from: string, to: string): string =>
  text
    .split('\n')
    .map((line, i) => (i === 0 ? line : line.startsWith(from) ? to + line.slice(from.length) : line))
    .join('\n');
