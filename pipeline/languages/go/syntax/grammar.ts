import { type Grammar, operatorTokens } from '../../../mutation/tree.ts';
import type { NodeKind } from '../../../mutation/types.ts';
import { namedToken, parts } from './parts.ts';
import { SPECIAL } from './special.ts';

/** Kinds of the nodes whose children need no special care. */
const KINDS: Readonly<Record<string, NodeKind>> = {
  source_file: 'module',
  function_declaration: 'function',
  func_literal: 'function',
  parameter_list: 'parameters',
  block: 'block',
  if_statement: 'if',
  expression_switch_statement: 'switch',
  type_switch_statement: 'switch',
  select_statement: 'switch',
  expression_case: 'case',
  type_case: 'case',
  default_case: 'case',
  communication_case: 'case',
  expression_statement: 'expression_statement',
  short_var_declaration: 'declaration',
  var_declaration: 'declaration',
  const_declaration: 'declaration',
  return_statement: 'return',
  break_statement: 'break',
  continue_statement: 'continue',
  empty_statement: 'pass',
  parenthesized_expression: 'parenthesized',
  selector_expression: 'attribute',
  index_expression: 'index',
  interpreted_string_literal: 'string',
  raw_string_literal: 'string',
  float_literal: 'float',
  true: 'boolean_literal',
  false: 'boolean_literal',
  nil: 'null_literal',
  identifier: 'name',
  variadic_argument: 'spread',
};

/** Types are no values: no edit looks at them. */
const DROPPED =
  /^(comment|package_clause|type_declaration|field_identifier|label_name|escape_sequence|.*_literal_content|type_identifier|type_arguments|type_parameter_list|type_elem|(pointer|slice|array|map|struct|function|interface|channel|qualified|generic|parenthesized|negated|implicit_length_array)_type)$/;

const TOKENS: Readonly<Record<string, string>> = { function_declaration: 'name', selector_expression: 'field' };

/** Go as the neutral view sees it. */
export const goGrammar = (text: string): Grammar => ({
  shape: (raw, binding) => {
    if (DROPPED.test(raw.type)) return null;
    const special = SPECIAL[raw.type];
    if (special) return special(raw, text);
    const field = TOKENS[raw.type];
    const tokens = field ? namedToken(raw, text, field) : operatorTokens(raw, 'operator');
    return { kind: KINDS[raw.type] ?? 'other', parts: parts(raw, binding && raw.type === 'parameter_list'), tokens };
  },
  is_statement: ({ type }) => type.endsWith('_statement') || /^(short_var|var|const)_declaration$/.test(type),
});
