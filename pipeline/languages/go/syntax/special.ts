import { inField, namedChildren, operatorTokens, type Part, type RawNode, type Shape } from '../../../mutation/tree.ts';
import type { Role } from '../../../mutation/types.ts';
import { namedToken, parts, unlisted } from './parts.ts';

type Special = (raw: RawNode, text: string) => Shape;

const COMPARES = new Set(['<', '<=', '>', '>=', '==', '!=']);

const binary: Special = (raw) => {
  const operator = inField(raw, 'operator')?.type ?? '';
  const kind = COMPARES.has(operator) ? 'compare' : operator === '&&' || operator === '||' ? 'boolean' : 'binary';
  return { kind, parts: parts(raw), tokens: operatorTokens(raw, 'operator') };
};

const unary: Special = (raw, text) => {
  const operator = inField(raw, 'operator')?.type;
  const operand = inField(raw, 'operand');
  const shape = { parts: parts(raw), tokens: operatorTokens(raw, 'operator') };
  if (operator === '!') return { kind: 'not', ...shape };
  if (operator !== '-') return { kind: 'unary', ...shape };
  return operand && isInteger(operand, text) ? { kind: 'integer', parts: [] } : { kind: 'unary_minus', ...shape };
};

/** Decimal or hexadecimal: the ways of writing that edits of integers know. */
const isInteger = ({ type, start, end }: RawNode, text: string): boolean =>
  type === 'int_literal' && /^(\d[\d_]*|0[xX][\da-fA-F]+)$/.test(text.slice(start, end));

const call: Special = (raw) => {
  const callee = inField(raw, 'function');
  const list = inField(raw, 'arguments');
  return {
    kind: 'call',
    parts: [...asParts('callee', callee), ...(list ? namedChildren(list).flatMap((c) => asParts('argument', c)) : [])],
  };
};

const asParts = (role: Role, raw: RawNode | undefined, binding = false): Part[] =>
  raw ? unlisted(raw).map((each) => ({ role, raw: each, binding })) : [];

/** A method stands in its type, as in a class. */
const method: Special = (raw, text) => {
  const receiver = inField(raw, 'receiver');
  const type = receiver && /(\w+)\s*(?:\[[^\]]*\])?\s*\)$/.exec(text.slice(receiver.start, receiver.end))?.[1];
  const holder = { text: type ?? 'anonymous', start: raw.start, end: raw.start };
  return { kind: 'class', parts: [{ role: 'none', raw: { ...raw, type: 'method' } }], tokens: [holder] };
};

/** The receiver and named results come after the parameters: they are names too, but no caller gives them. */
const fn: Special = (raw, text) => {
  const [parameters, receiver, result, body] = ['parameters', 'receiver', 'result', 'body'].map((f) => inField(raw, f));
  const names = [parameters, receiver, result?.type === 'parameter_list' ? result : undefined];
  return {
    kind: 'function',
    parts: [...names.flatMap((list) => asParts('parameters', list)), ...asParts('body', body)],
    tokens: namedToken(raw, text, 'name'),
  };
};

/** `a, b := c` is a declaration that holds an assignment; `a = b` a statement that holds one. */
const declared: Special = (raw) => ({
  kind: 'declaration',
  parts: [{ role: 'none', raw: { ...raw, type: 'assignment' } }],
});
const assigned: Special = (raw) => ({
  kind: 'expression_statement',
  parts: [{ role: 'none', raw: { ...raw, type: 'assignment' } }],
});

const assignment: Special = (raw) => {
  const tokens = raw.children
    .filter(({ type }) => /^[^\w\s]*=$/.test(type))
    .map(({ type, start, end }) => ({ text: type, start, end }));
  const is_plain = tokens.every(({ text }) => text === '=' || text === ':=');
  const [left, right] = [inField(raw, 'left'), inField(raw, 'right')];
  return {
    kind: is_plain ? 'assign' : 'augmented',
    parts: [...asParts('target', left, true), ...asParts('value', right)],
    tokens,
  };
};

const named: Special = (raw) => ({
  kind: 'assign',
  parts: [
    ...raw.children.filter(({ field, named: is }) => is && field === 'name').flatMap((c) => asParts('target', c, true)),
    ...asParts('value', inField(raw, 'value')),
  ],
});

const stepped: Special = (raw) => ({
  kind: 'expression_statement',
  parts: [{ role: 'none', raw: { ...raw, type: 'step' } }],
});
const step: Special = (raw) => ({
  kind: 'update',
  parts: namedChildren(raw).flatMap((c) => asParts('operand', c, true)),
  tokens: raw.children.filter((c) => !c.named).map(({ type, start, end }) => ({ text: type, start, end })),
});

const CLAUSES: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  for_clause: { initializer: 'initial', condition: 'condition', update: 'increment' },
  range_clause: { left: 'target', right: 'iterable' },
};

/** All loops of Go are written `for`. */
const loop: Special = (raw) => {
  const [clause] = namedChildren(raw).filter(({ field }) => field !== 'body');
  const body = asParts('body', inField(raw, 'body'));
  if (!clause) return { kind: 'loop', parts: body };
  const roles = CLAUSES[clause.type];
  if (!roles) return { kind: 'while', parts: [...asParts('condition', clause), ...body] };
  const inner = namedChildren(clause).flatMap((c) => asParts(roles[c.field ?? ''] ?? 'none', c, c.field === 'left'));
  return { kind: 'loop', parts: [...inner, ...body] };
};

/** `a[b:c]` is an index whose index is a slice. */
const sliced: Special = (raw) => {
  const open = raw.children.find(({ type }) => type === '[')!;
  const bounds = { ...raw, type: 'bounds', named: true, start: open.end, end: raw.end - 1 };
  return { kind: 'index', parts: [...asParts('object', inField(raw, 'operand')), { role: 'index', raw: bounds }] };
};
const bounds: Special = (raw) => ({
  kind: 'slice',
  parts: [
    ...asParts('low', inField(raw, 'start')),
    ...asParts('high', inField(raw, 'end')),
    ...asParts('step', inField(raw, 'capacity')),
  ],
});

const composite: Special = (raw) => {
  const body = inField(raw, 'body');
  const elements = body ? namedChildren(body) : [];
  const kind = elements.some(({ type }) => type === 'keyed_element') ? 'object' : 'collection';
  return { kind, parts: elements.flatMap((each) => asParts('none', each)) };
};

/** The key of a struct is a name of a field, not a value. */
const pair: Special = (raw, text) => {
  const key = inField(raw, 'key');
  const [inner] = key ? unlisted(key) : [];
  const is_field = inner?.type === 'identifier';
  return {
    kind: 'pair',
    parts: [...(is_field ? [] : asParts('key', key)), ...asParts('value', inField(raw, 'value'))],
    tokens: namedToken(raw, text, 'key'),
  };
};

/** `"a/b/v2"` is known as `b`, unless the import says otherwise. */
const imported: Special = (raw, text) => {
  const path = inField(raw, 'path')!;
  const inner = text.slice(path.start + 1, path.end - 1).replace(/\/v\d+$/, '');
  const start = path.start + 1 + inner.lastIndexOf('/') + 1;
  const alias = inField(raw, 'name');
  const name = alias ?? { ...path, children: [], start, end: path.start + 1 + inner.length };
  const is_name = alias?.type !== 'dot' && alias?.type !== 'blank_identifier';
  return {
    kind: 'import',
    parts: is_name ? [{ role: 'name', raw: { ...name, type: 'identifier' }, binding: true }] : [],
  };
};

const caseOf: Special = (raw) => ({
  kind: 'case',
  parts: namedChildren(raw).flatMap((c) =>
    c.field === 'type' ? [] : asParts(c.field === 'value' ? 'value' : 'none', c),
  ),
});

/** Nodes that are not what they look like. */
export const SPECIAL: Readonly<Record<string, Special>> = {
  binary_expression: binary,
  unary_expression: unary,
  call_expression: call,
  method_declaration: method,
  method: fn,
  function_declaration: fn,
  func_literal: fn,
  short_var_declaration: declared,
  assignment_statement: assigned,
  assignment,
  var_spec: named,
  const_spec: named,
  inc_statement: stepped,
  dec_statement: stepped,
  step,
  for_statement: loop,
  slice_expression: sliced,
  bounds,
  composite_literal: composite,
  literal_value: composite,
  keyed_element: pair,
  import_spec: imported,
  expression_case: caseOf,
  type_case: caseOf,
  default_case: caseOf,
  communication_case: caseOf,
  int_literal: (raw, text) => ({ kind: isInteger(raw, text) ? 'integer' : 'float', parts: [] }),
};
