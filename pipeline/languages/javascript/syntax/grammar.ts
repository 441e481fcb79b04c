import {
  COMMON_ROLES,
  type Grammar,
  inField,
  namedChildren,
  operatorTokens,
  type Part,
  type RawNode,
  type Shape,
} from '../../../mutation/tree.ts';
import type { NodeKind, Role } from '../../../mutation/types.ts';

/** Kinds of the nodes whose children need no special care. */
const KINDS: Readonly<Record<string, NodeKind>> = {
  program: 'module',
  class_declaration: 'class',
  class: 'class',
  class_body: 'block',
  class_static_block: 'block',
  function_declaration: 'function',
  function_expression: 'function',
  generator_function: 'function',
  generator_function_declaration: 'function',
  arrow_function: 'function',
  method_definition: 'function',
  formal_parameters: 'parameters',
  statement_block: 'block',
  if_statement: 'if',
  else_clause: 'else',
  finally_clause: 'else',
  while_statement: 'while',
  do_statement: 'while',
  for_statement: 'loop',
  for_in_statement: 'loop',
  try_statement: 'try',
  catch_clause: 'catch',
  switch_statement: 'switch',
  switch_case: 'case',
  switch_default: 'case',
  expression_statement: 'expression_statement',
  lexical_declaration: 'declaration',
  variable_declaration: 'declaration',
  return_statement: 'return',
  throw_statement: 'raise',
  break_statement: 'break',
  continue_statement: 'continue',
  empty_statement: 'pass',
  import_statement: 'import',
  variable_declarator: 'assign',
  assignment_expression: 'assign',
  field_definition: 'assign',
  augmented_assignment_expression: 'augmented',
  update_expression: 'update',
  ternary_expression: 'ternary',
  parenthesized_expression: 'parenthesized',
  call_expression: 'call',
  new_expression: 'call',
  spread_element: 'spread',
  member_expression: 'attribute',
  subscript_expression: 'index',
  await_expression: 'await',
  yield_expression: 'yield',
  string: 'string',
  template_string: 'template',
  regex: 'regex',
  true: 'boolean_literal',
  false: 'boolean_literal',
  null: 'null_literal',
  undefined: 'null_literal',
  identifier: 'name',
  this: 'self',
  super: 'self',
  array: 'collection',
  sequence_expression: 'other',
  object: 'object',
  pair: 'pair',
};

const COMMON: Readonly<Record<string, Role>> = {
  ...COMMON_ROLES,
  parameter: 'parameters',
  index: 'index',
  initializer: 'initial',
  increment: 'increment',
};
const ROLES: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  assignment_expression: { left: 'target', right: 'value' },
  augmented_assignment_expression: { left: 'target', right: 'value' },
  variable_declarator: { name: 'target' },
  field_definition: { property: 'target' },
  for_in_statement: { left: 'target', right: 'iterable' },
};

const BINDING_FIELDS = new Set([
  'assignment_expression.left',
  'augmented_assignment_expression.left',
  'variable_declarator.name',
  'for_in_statement.left',
  'update_expression.argument',
  'catch_clause.parameter',
  'arrow_function.parameter',
  'assignment_pattern.left',
  'object_assignment_pattern.left',
  'pair_pattern.value',
]);
/** Patterns hand the binding down to the names in them. */
const PATTERNS = new Set(['formal_parameters', 'array_pattern', 'object_pattern', 'rest_pattern']);
const DROPPED = new Set([
  'comment',
  'property_identifier',
  'private_property_identifier',
  'class_heritage',
  'decorator',
  'optional_chain',
  'escape_sequence',
  'string_fragment',
  'hash_bang_line',
  'import_attribute',
  'jsx_element',
  'jsx_self_closing_element',
]);
const KEPT_NAMES = new Set(['variable_declarator']);
const DROPPED_FIELDS = new Set(['name', 'property', 'operator', 'optional_chain', 'kind', 'decorator']);

function parts(raw: RawNode, binding: boolean): Part[] {
  return namedChildren(raw)
    .filter((c) => !c.field || !DROPPED_FIELDS.has(c.field) || (c.field === 'name' && KEPT_NAMES.has(raw.type)))
    .map((c) => ({
      role: (c.field && (ROLES[raw.type]?.[c.field] ?? COMMON[c.field])) || 'none',
      raw: c.field === 'condition' || c.field === 'value' ? bare(c, raw) : c,
      binding:
        BINDING_FIELDS.has(`${raw.type}.${c.field}`) ||
        (PATTERNS.has(raw.type) && (binding || raw.type === 'formal_parameters')),
    }));
}

/** The parentheses of `if (x)` belong to the statement, not to the condition. */
function bare(child: RawNode, parent: RawNode): RawNode {
  if (child.type !== 'parenthesized_expression' || !parent.type.endsWith('_statement')) return child;
  return namedChildren(child)[0] ?? child;
}

const nameToken = (raw: RawNode, text: string, field: string) => {
  const at = inField(raw, field);
  return at ? [{ text: text.slice(at.start, at.end), start: at.start, end: at.end }] : [];
};

type Special = (raw: RawNode, text: string, binding: boolean) => Shape | null;

const COMPARES = new Set(['<', '<=', '>', '>=', '==', '!=', '===', '!==', 'in', 'instanceof']);
const JOINS = new Set(['&&', '||', '??']);

const binary: Special = (raw) => {
  const operator = inField(raw, 'operator')?.type ?? '';
  const kind = COMPARES.has(operator) ? 'compare' : JOINS.has(operator) ? 'boolean' : 'binary';
  return { kind, parts: parts(raw, false), tokens: operatorTokens(raw, 'operator') };
};

const unary: Special = (raw, text) => {
  const operator = inField(raw, 'operator')?.type;
  const operand = inField(raw, 'argument');
  const shape = { parts: parts(raw, false), tokens: operatorTokens(raw, 'operator') };
  if (operator === '!') return { kind: 'not', ...shape };
  if (operator === 'void' && operand?.type === 'number') return { kind: 'null_literal', parts: [] };
  if (operator !== '-') return { kind: 'unary', ...shape };
  const is_integer = operand?.type === 'number' && isInteger(text.slice(operand.start, operand.end));
  return is_integer ? { kind: 'integer', parts: [] } : { kind: 'unary_minus', ...shape };
};

const isInteger = (text: string) => /^(\d+|0[xX][\da-fA-F]+)$/.test(text);

const call: Special = (raw, text) => {
  const list = inField(raw, 'arguments');
  const callee = inField(raw, 'function') ?? inField(raw, 'constructor');
  const given = list?.type === 'arguments' ? namedChildren(list) : list ? [list] : [];
  return {
    kind: 'call',
    parts: [
      ...(callee ? [{ role: 'callee' as const, raw: callee }] : []),
      ...given.map((a) => ({ role: 'argument' as const, raw: a })),
    ],
    tokens:
      raw.type === 'new_expression'
        ? [{ text: text.slice(raw.start, raw.start + 3), start: raw.start, end: raw.start + 3 }]
        : [],
  };
};

/** `{ a }` reads `a` but cannot be renamed alone: a pair whose value has the same span. */
const shorthand: Special = (raw) => ({
  kind: 'pair',
  parts: [{ role: 'value', raw: { ...raw, type: 'identifier', children: [] } }],
});

const imports: Special = (raw) => ({
  kind: 'import',
  parts: importedNames(raw).map((c) => ({ role: 'name', raw: c, binding: true })),
});

const importedNames = (raw: RawNode): RawNode[] =>
  raw.children.flatMap((c) => {
    if (c.type === 'import_specifier') return [inField(c, 'alias') ?? inField(c, 'name') ?? c];
    return c.type === 'identifier' ? [c] : importedNames(c);
  });

/** A statement that is one text is a directive: nothing in it may change. */
const expressionStatement: Special = (raw, _text, binding) => {
  const only = namedChildren(raw);
  const is_text = only.length === 1 && only[0]!.type === 'string';
  return { kind: is_text ? 'other' : 'expression_statement', parts: is_text ? [] : parts(raw, binding) };
};

const flatBody = (raw: RawNode): Part[] =>
  parts(raw, false).flatMap((p) => (p.raw.type === 'switch_body' ? parts(p.raw, false) : [p]));

const assignment: Special = (raw, text) => {
  const property = inField(raw, 'property');
  return {
    kind: 'assign',
    parts: parts(raw, false),
    tokens: property
      ? [{ text: text.slice(property.start, property.end), start: property.start, end: property.end }]
      : raw.children.filter((c) => c.type === '=').map((c) => ({ text: '=', start: c.start, end: c.end })),
  };
};

const named =
  (kind: NodeKind, field: string): Special =>
  (raw, text) => ({
    kind,
    parts: parts(raw, false),
    tokens: nameToken(raw, text, field),
  });

const SPECIAL: Readonly<Record<string, Special>> = {
  binary_expression: binary,
  unary_expression: unary,
  call_expression: call,
  new_expression: call,
  shorthand_property_identifier: shorthand,
  shorthand_property_identifier_pattern: (_raw, _text, binding) => (binding ? { kind: 'name', parts: [] } : null),
  import_statement: imports,
  expression_statement: expressionStatement,
  switch_statement: (raw) => ({ kind: 'switch', parts: flatBody(raw) }),
  variable_declarator: assignment,
  assignment_expression: assignment,
  field_definition: assignment,
  member_expression: named('attribute', 'property'),
  pair: named('pair', 'key'),
  function_declaration: named('function', 'name'),
  function_expression: named('function', 'name'),
  generator_function: named('function', 'name'),
  generator_function_declaration: named('function', 'name'),
  method_definition: named('function', 'name'),
  class_declaration: named('class', 'name'),
  class: named('class', 'name'),
  number: (raw, text) => ({ kind: isInteger(text.slice(raw.start, raw.end)) ? 'integer' : 'float', parts: [] }),
  statement_identifier: () => ({ kind: 'other', parts: [] }),
};

/** JavaScript as the neutral view sees it. */
export const javascriptGrammar = (text: string): Grammar => ({
  shape: (raw, binding) => {
    if (DROPPED.has(raw.type)) return null;
    const special = SPECIAL[raw.type];
    if (special) return special(raw, text, binding);
    return { kind: KINDS[raw.type] ?? 'other', parts: parts(raw, binding), tokens: operatorTokens(raw, 'operator') };
  },
  is_statement: (raw) =>
    raw.type.endsWith('_statement') || raw.type === 'lexical_declaration' || raw.type === 'variable_declaration',
});
