import { COMMON_ROLES, inField, namedChildren, type Part, type RawNode } from '../../../mutation/tree.ts';
import type { Role } from '../../../mutation/types.ts';

const ROLES: Readonly<Record<string, Role>> = {
  ...COMMON_ROLES,
  initializer: 'initial',
  operand: 'operand',
  index: 'index',
  receiver: 'parameters',
};

const DROPPED_FIELDS = new Set(['type', 'name', 'field', 'operator', 'label', 'type_arguments', 'type_parameters']);
/** Lists that only hold what is in them. */
const LISTS = new Set(['expression_list', 'statement_list', 'literal_element', 'argument_list', 'import_spec_list']);
const KEPT_NAMES = new Set(['parameter_declaration', 'variadic_parameter_declaration']);

/** Children with their parts; a list stands for what it holds. */
export function parts(raw: RawNode, binding = false): Part[] {
  return namedChildren(raw)
    .filter(({ field }) => !field || !DROPPED_FIELDS.has(field) || (field === 'name' && KEPT_NAMES.has(raw.type)))
    .flatMap((child) => unlisted(child).map((each) => part(each, child.field, raw, binding)));
}

const part = (raw: RawNode, field: string | null, parent: RawNode, binding: boolean): Part => ({
  role:
    parent.type === 'selector_expression' || (parent.type === 'index_expression' && field === 'operand')
      ? 'object'
      : (field && ROLES[field]) || 'none',
  raw,
  binding: binding || KEPT_NAMES.has(parent.type),
});

/** What a list holds, and what the lists in it hold. */
export const unlisted = (raw: RawNode): RawNode[] =>
  LISTS.has(raw.type) ? namedChildren(raw).flatMap(unlisted) : [raw];

/** A child's text as a token. */
export const namedToken = (raw: RawNode, text: string, field: string) => {
  const at = inField(raw, field);
  return at ? [{ text: text.slice(at.start, at.end), start: at.start, end: at.end }] : [];
};
