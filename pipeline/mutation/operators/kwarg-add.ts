import { calleeParameters } from '../calls.ts';
import { calleeName, childrenIn } from '../nodes.ts';
import type { Emit, Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

const MOST_KEYWORDS = 4;
const MOST_VALUES = 3;

/** Adds an argument that other calls of the same function have, or that its signature asks for. */
export const kwargAdd: Operator = {
  name: 'kwarg_add',
  kinds: ['call'],
  repair_only: true,
  propose: (node, scope, emit) => {
    const callee = calleeName(node, scope.text);
    if (!callee) return;
    const given = childrenIn(node, 'argument');
    const add = appender(node, given, scope, emit);
    for (const text of keywords(callee, given, scope)) add('keyword', text);
    if (!given.some((a) => a.kind === 'keyword_argument' || a.kind === 'spread')) {
      for (const text of values(callee, given.length, scope)) add('position', text);
    }
  },
};

function appender(node: SyntaxNode, given: readonly SyntaxNode[], scope: Scope, emit: Emit) {
  const last = given.at(-1);
  const open = scope.text.lastIndexOf('(', node.end - 1) + 1;
  return (detail: string, text: string): void => {
    if (last) emit(detail, last.end, last.end, `, ${text}`);
    else if (scope.text.slice(open, node.end).trim() === ')') emit(detail, open, open, text);
  };
}

function keywords(callee: string, given: readonly SyntaxNode[], scope: Scope): string[] {
  if (scope.dialect.language !== 'python') return [];
  const present = new Set(given.map((a) => (a.kind === 'keyword_argument' ? a.tokens[0]?.text : undefined)));
  const seen = (scope.tables.keywords.get(callee) ?? []).map((token) => token.text);
  const local = calleeParameters(callee, scope)
    .filter((p) => scope.locals.has(p))
    .map((p) => `${p}=${p}`);
  const wanted = [...mostFrequent(seen), ...local].filter((text) => !present.has(text.split('=')[0]!.trim()));
  return [...new Set(wanted)].slice(0, MOST_KEYWORDS);
}

function values(callee: string, index: number, scope: Scope): string[] {
  const seen = mostFrequent(scope.tables.arguments.get(callee)?.[index] ?? []);
  const parameter = calleeParameters(callee, scope)[index];
  const local = parameter !== undefined && scope.locals.has(parameter) ? [parameter] : [];
  return [...new Set([...local, ...seen])].filter((text) => isKnown(text, scope)).slice(0, MOST_VALUES);
}

/** Every plain name in the text means something here. */
const isKnown = (text: string, scope: Scope): boolean =>
  (text.replace(/(["'`]).*?\1/g, '').match(/(?<![\w$.])[A-Za-z_$][\w$]*/g) ?? []).every(
    (name) => scope.knows(name) || KEYWORDS.has(name),
  );

const KEYWORDS = new Set(
  'True False None true false null undefined not and or in is if else for lambda new this typeof'.split(' '),
);

function mostFrequent(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([text]) => text);
}
