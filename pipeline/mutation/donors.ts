import type { Scope } from './scope.ts';
import type { SyntaxNode } from './types.ts';

/** Conditions worth trying at a place: those in scope elsewhere, then simple tests of the locals. */
export function conditionsFor(scope: Scope, node: SyntaxNode): string[] {
  const found = scope.donors('conditions').filter((donor) => donor.node !== node);
  const values = [...localsBefore(scope, node.start).slice(0, 12), ...attributesRead(scope)];
  const tests = values.flatMap((value) => scope.dialect.name_tests(value));
  return [...new Set([...found.slice(0, 50).map((donor) => donor.text), ...tests])];
}

/** Values worth returning: what is returned in scope elsewhere, locals (the latest bound first), constants. */
export function returnsFor(scope: Scope, node: SyntaxNode): string[] {
  const { dialect } = scope;
  const found = scope.donors('returns').filter((donor) => donor.node.parent !== node);
  const locals = localsBefore(scope, node.start);
  const constants = [
    dialect.true_text,
    dialect.false_text,
    scope.fn.class_name === null ? '' : (dialect.self_names[0] ?? ''),
    ...dialect.empties,
  ];
  const texts = [
    ...locals.slice(0, 4),
    ...found.slice(0, 12).map((donor) => donor.text),
    ...locals.slice(4),
    ...constants,
  ];
  return [...new Set(texts)].filter((text) => text !== '');
}

/** Locals bound before an offset, the latest first. */
export function localsBefore(scope: Scope, offset: number): string[] {
  const bound = [...scope.locals].filter(([, at]) => at < offset);
  return bound.sort(([a, at], [b, bt]) => bt - at || (a < b ? -1 : 1)).map(([name]) => name);
}

const MOST_BOUNDS = 6;

/** Bounds worth trying in a slice: those of the function's other slices and indices, then 1 and -1. */
export function sliceBounds(scope: Scope): string[] {
  const seen = scope.nodes.filter((n) => n.role === 'low' || n.role === 'high' || n.role === 'index');
  const texts = seen.filter((n) => n.kind !== 'slice' && n.kind !== 'string').map((n) => scope.slice(n));
  const counters = [...scope.locals.keys()].filter((name) =>
    /^(i|j|k|n|pos|start|end|index|idx|offset|length)$|_?(pos|start|end|index|len)$/i.test(name),
  );
  return [...new Set([...texts, '1', '-1', ...counters])].slice(0, MOST_BOUNDS);
}

const MOST_ATTRIBUTES = 10;

/** Short attribute chains that the function reads, in order of first use. */
function attributesRead(scope: Scope): string[] {
  const read = scope.nodes.filter(
    (n) => n.kind === 'attribute' && !n.is_binding && n.role !== 'callee' && n.role !== 'object',
  );
  const texts = read.map((n) => scope.slice(n)).filter((text) => /^[\w$.]+$/.test(text));
  return [...new Set(texts)].slice(0, MOST_ATTRIBUTES);
}
