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
  module: 'module',
  class_definition: 'class',
  function_definition: 'function',
  lambda: 'function',
  parameters: 'parameters',
  lambda_parameters: 'parameters',
  block: 'block',
  if_statement: 'if',
  elif_clause: 'if',
  else_clause: 'else',
  finally_clause: 'else',
  while_statement: 'while',
  for_statement: 'loop',
  try_statement: 'try',
  except_clause: 'catch',
  except_group_clause: 'catch',
  with_statement: 'with',
  expression_statement: 'expression_statement',
  return_statement: 'return',
  raise_statement: 'raise',
  break_statement: 'break',
  continue_statement: 'continue',
  pass_statement: 'pass',
  assert_statement: 'assert',
  delete_statement: 'delete',
  assignment: 'assign',
  augmented_assignment: 'augmented',
  comparison_operator: 'compare',
  boolean_operator: 'boolean',
  not_operator: 'not',
  binary_operator: 'binary',
  conditional_expression: 'ternary',
  parenthesized_expression: 'parenthesized',
  call: 'call',
  keyword_argument: 'keyword_argument',
  list_splat: 'spread',
  dictionary_splat: 'spread',
  attribute: 'attribute',
  subscript: 'index',
  slice: 'slice',
  await: 'await',
  yield: 'yield',
  integer: 'integer',
  float: 'float',
  true: 'boolean_literal',
  false: 'boolean_literal',
  none: 'null_literal',
  identifier: 'name',
  list: 'collection',
  tuple: 'collection',
  set: 'collection',
  expression_list: 'collection',
  dictionary: 'object',
  pair: 'pair',
  list_comprehension: 'comprehension',
  set_comprehension: 'comprehension',
  dictionary_comprehension: 'comprehension',
  generator_expression: 'comprehension',
};

/** Parts by field; a type's own line wins over the common one. */
const COMMON: Readonly<Record<string, Role>> = {
  ...COMMON_ROLES,
  subscript: 'index',
};
const ROLES: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  assignment: { left: 'target', right: 'value' },
  augmented_assignment: { left: 'target', right: 'value' },
  for_statement: { left: 'target', right: 'iterable' },
  for_in_clause: { left: 'target', right: 'iterable' },
  subscript: { value: 'object' },
  named_expression: { name: 'target' },
  as_pattern: { alias: 'target' },
};

const BINDING_FIELDS = new Set([
  'assignment.left',
  'augmented_assignment.left',
  'for_statement.left',
  'for_in_clause.left',
  'named_expression.name',
  'as_pattern.alias',
  'default_parameter.name',
  'typed_default_parameter.name',
]);
/** Patterns hand the binding down to the names in them. */
const PATTERNS = new Set([
  'pattern_list',
  'tuple_pattern',
  'list_pattern',
  'list_splat_pattern',
  'dictionary_splat_pattern',
  'as_pattern_target',
  'parameters',
  'lambda_parameters',
  'typed_parameter',
]);
const DROPPED = new Set([
  'comment',
  'type',
  'decorator',
  'global_statement',
  'nonlocal_statement',
  'keyword_separator',
  'positional_separator',
  'case_clause',
  'type_parameter',
  'future_import_statement',
  'line_continuation',
]);
const DROPPED_FIELDS = new Set(['type', 'return_type', 'superclasses', 'name', 'attribute', 'operator', 'operators']);

function parts(raw: RawNode, binding: boolean): Part[] {
  const keep_name = raw.type === 'named_expression' || raw.type.endsWith('default_parameter');
  return namedChildren(raw)
    .filter((c) => !c.field || !DROPPED_FIELDS.has(c.field) || (c.field === 'name' && keep_name))
    .map((c) => ({
      role: (c.field && (ROLES[raw.type]?.[c.field] ?? COMMON[c.field])) || 'none',
      raw: c,
      binding:
        BINDING_FIELDS.has(`${raw.type}.${c.field}`) ||
        (PATTERNS.has(raw.type) && (binding || raw.type.endsWith('parameters'))),
    }));
}

const nameToken = (raw: RawNode, text: string, field: string) => {
  const at = inField(raw, field);
  return at ? [{ text: text.slice(at.start, at.end), start: at.start, end: at.end }] : [];
};

type Special = (raw: RawNode, text: string, binding: boolean) => Shape | null;

const call: Special = (raw) => {
  const list = inField(raw, 'arguments');
  const given = list?.type === 'argument_list' ? namedChildren(list) : list ? [list] : [];
  const callee = inField(raw, 'function');
  return {
    kind: 'call',
    parts: [
      ...(callee ? [{ role: 'callee' as const, raw: callee }] : []),
      ...given.map((a) => ({ role: 'argument' as const, raw: a })),
    ],
  };
};

const comparison: Special = (raw) => ({
  kind: 'compare',
  parts: namedChildren(raw)
    .filter((c) => c.field !== 'operators')
    .map((c, i) => ({ role: i === 0 ? 'left' : 'right', raw: c })),
  tokens: operatorTokens(raw, 'operators'),
});

const conditional: Special = (raw) => ({
  kind: 'ternary',
  parts: namedChildren(raw).map((c, i) => ({
    role: (['then', 'condition', 'otherwise'] as const)[i] ?? 'none',
    raw: c,
  })),
});

const slice: Special = (raw) => {
  const roles = ['low', 'high', 'step'] as const;
  let colons = 0;
  const found: Part[] = [];
  for (const c of raw.children) {
    if (c.type === ':') colons++;
    else if (c.named && c.type !== 'comment') found.push({ role: roles[colons] ?? 'none', raw: c });
  }
  return { kind: 'slice', parts: found };
};

const unary: Special = (raw) => {
  const operand = inField(raw, 'argument');
  const minus = inField(raw, 'operator')?.type === '-';
  if (minus && operand?.type === 'integer') return { kind: 'integer', parts: [] };
  return {
    kind: minus ? 'unary_minus' : 'unary',
    parts: operand ? [{ role: 'operand', raw: operand }] : [],
    tokens: operatorTokens(raw, 'operator'),
  };
};

/** Strings inside an f-string are left alone: older Pythons forbid the same quotes there. */
const string: Special = (raw) => {
  const inner = raw.children.filter((c) => c.type === 'interpolation');
  const expressions = inner.flatMap((c) => c.children.filter((e) => e.field === 'expression' && e.type !== 'string'));
  return { kind: inner.length > 0 ? 'template' : 'string', parts: expressions.map((e) => ({ role: 'none', raw: e })) };
};

/** Only the parts with expressions: the plain ones are one text in several pieces. */
const concatenated: Special = (raw) => ({
  kind: 'template',
  parts: namedChildren(raw)
    .filter((c) => c.children.some((x) => x.type === 'interpolation'))
    .map((c) => ({ role: 'none', raw: c })),
});

const imports: Special = (raw) => {
  const named = raw.children.filter((c) => c.field === 'name');
  const bound = named
    .map((c) => (c.type === 'aliased_import' ? inField(c, 'alias') : c.children[0]))
    .filter((c) => c !== undefined);
  return { kind: 'import', parts: bound.map((c) => ({ role: 'name', raw: c, binding: true })) };
};

/** A statement that is one text is a docstring: nothing in it may change. */
const expressionStatement: Special = (raw, _text, binding) => {
  const only = namedChildren(raw);
  const is_text = only.length === 1 && (only[0]!.type === 'string' || only[0]!.type === 'concatenated_string');
  return { kind: is_text ? 'other' : 'expression_statement', parts: is_text ? [] : parts(raw, binding) };
};

const SPECIAL: Readonly<Record<string, Special>> = {
  call,
  comparison_operator: comparison,
  conditional_expression: conditional,
  slice,
  unary_operator: unary,
  string,
  concatenated_string: concatenated,
  import_statement: imports,
  import_from_statement: imports,
  expression_statement: expressionStatement,
  identifier: (raw, text) => ({
    kind: /^(self|cls)$/.test(text.slice(raw.start, raw.end)) ? 'self' : 'name',
    parts: [],
  }),
  attribute: (raw, text) => ({
    kind: 'attribute',
    parts: parts(raw, false),
    tokens: nameToken(raw, text, 'attribute'),
  }),
  keyword_argument: (raw, text) => ({
    kind: 'keyword_argument',
    parts: parts(raw, false),
    tokens: nameToken(raw, text, 'name'),
  }),
  function_definition: (raw, text) => ({
    kind: 'function',
    parts: parts(raw, false),
    tokens: nameToken(raw, text, 'name'),
  }),
  class_definition: (raw, text) => ({ kind: 'class', parts: parts(raw, false), tokens: nameToken(raw, text, 'name') }),
  assignment: (raw) => ({
    kind: 'assign',
    parts: parts(raw, false),
    tokens: raw.children.filter((c) => c.type === '=').map((c) => ({ text: '=', start: c.start, end: c.end })),
  }),
};

/** Python as the neutral view sees it. */
export const pythonGrammar = (text: string): Grammar => ({
  shape: (raw, binding) => {
    if (DROPPED.has(raw.type)) return null;
    const special = SPECIAL[raw.type];
    if (special) return special(raw, text, binding);
    return { kind: KINDS[raw.type] ?? 'other', parts: parts(raw, binding), tokens: operatorTokens(raw, 'operator') };
  },
  is_statement: (raw) => raw.type.endsWith('_statement'),
});
