import { calleeParameters } from '../calls.ts';
import { calleeName, childrenIn } from '../nodes.ts';
import type { Emit, Operator } from '../operator.ts';
import type { Scope } from '../scope.ts';
import type { SyntaxNode } from '../types.ts';

const MOST_KEYWORDS = 8;
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
    const order = keywordOrder(callee, scope);
    const add = appender(node, given, order, scope, emit);
    for (const text of keywords(callee, given, order, scope)) add('keyword', text);
    if (!given.some((a) => a.kind === 'keyword_argument' || a.kind === 'spread')) {
      for (const text of values(callee, given.length, scope)) add('position', text);
    }
  },
};

/** A keyword goes where its signature has it, anything else to the end. */
function appender(node: SyntaxNode, given: readonly SyntaxNode[], order: readonly string[], scope: Scope, emit: Emit) {
  const last = given.at(-1);
  const open = scope.text.lastIndexOf('(', node.end - 1) + 1;
  const rank = (argument: SyntaxNode) =>
    argument.kind === 'keyword_argument' ? order.indexOf(argument.tokens[0]?.text ?? '') : -1;
  return (detail: string, text: string): void => {
    const own = detail === 'keyword' ? order.indexOf(keyOf(text)) : -1;
    const next = own < 0 ? undefined : given.find((a) => rank(a) > own);
    if (next) emit(detail, next.start, next.start, `${text}, `);
    else if (last) emit(detail, last.end, last.end, `, ${text}`);
    else if (scope.text.slice(open, node.end).trim() === ')') emit(detail, open, open, text);
  };
}

const keyOf = (text: string): string => text.split('=')[0]!.trim();

/** Keywords of a function: its parameters, then those that calls use, in order. */
function keywordOrder(callee: string, scope: Scope): string[] {
  const seen = (scope.tables.keywords.get(callee) ?? []).map(({ text }) => keyOf(text));
  return [...new Set([...calleeParameters(callee, scope), ...seen])];
}

/** `key=value` texts for keywords that are not given: as other calls have them, or a local of the same name. */
function keywords(callee: string, given: readonly SyntaxNode[], order: readonly string[], scope: Scope): string[] {
  if (scope.dialect.language !== 'python') return [];
  const present = new Set(given.map((a) => a.tokens[0]?.text));
  const seen = mostFrequent((scope.tables.keywords.get(callee) ?? []).map(({ text }) => text));
  const wanted = order
    .filter((key) => !present.has(key))
    .flatMap((key) => {
      const texts = seen.filter((text) => keyOf(text) === key && isKnown(text.slice(text.indexOf('=') + 1), scope));
      return [...new Set([...(scope.locals.has(key) ? [`${key}=${key}`] : []), ...texts])].slice(0, MOST_VALUES);
    });
  return wanted.slice(0, MOST_KEYWORDS);
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
