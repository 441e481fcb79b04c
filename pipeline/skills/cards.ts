import type { Skill } from '../../schemas/skills.ts';
import type { Pattern } from './mine.ts';

/** What a bug operator does, in words; the miner's vocabulary. */
const mistakes: Record<string, string> = {
  cmp_boundary: 'a comparison is off by its boundary (< for <=)',
  cmp_flip: 'a comparison points the wrong way',
  cmp_eq: 'an equality or membership test is inverted',
  operand_swap: 'the operands of an order-sensitive operation are exchanged',
  bool_swap: 'and / or are confused',
  bool_drop: 'one clause of a compound condition is missing',
  cond_neg: 'a condition is negated',
  cond_const: 'a condition is always true or always false',
  arith: 'the wrong arithmetic operator is used',
  aug: 'the wrong augmented assignment is used',
  off_by_one: 'an index or bound is off by one',
  const_bool: 'a boolean constant is inverted',
  const_int: 'a number is wrong',
  const_null: 'null and undefined are confused',
  const_str: 'a string constant is wrong',
  name_swap: 'a variable is confused with another one in scope',
  attr_swap: 'an attribute or method is confused with a sibling',
  call_swap: 'a function is confused with a related one',
  arg_swap: 'two arguments of a call are exchanged',
  kwarg_drop: 'an argument of a call is missing',
  conv_drop: 'a conversion is missing',
  ifexp: 'a conditional expression lost one of its branches',
  slice: 'the bounds of a slice are wrong',
  ret_drop: 'a result is computed but not returned',
  ret_none: 'the wrong thing is returned',
  loop_ctl: 'break / continue are confused',
  stmt_del: 'a statement is missing',
  stmt_swap: 'two neighbouring statements are exchanged',
  guard_del: 'a guard clause is missing',
  exc_swap: 'the wrong exception type is raised or caught',
};

const modes: Record<string, string> = {
  localise_function: 'the faulty function is never opened',
  localise_line: 'the faulty function is opened, but no edit touches the faulty line',
  wrong_operator: 'the faulty line is edited, with the wrong kind of edit',
  overfit: 'the failing tests are made to pass by an edit that breaks others',
  exhausted: 'the right kind of edit on the right line is tried, but the actions run out before the right one',
};

type CardText = Pick<Skill, 'name' | 'description' | 'applicability' | 'operations'>;

/** The four fields of a card (METHOD.md 2) from the pattern's own figures. */
export function cardText(pattern: Pattern): CardText {
  const mistake = mistakes[pattern.operator] ?? `an edit of family ${pattern.operator}`;
  const where = whereOf(pattern);
  const places = [...new Set(pattern.episodes.map((e) => e.repository))].sort();
  const figures = `${pattern.episodes.length} of its attempts over ${pattern.task_ids.size} tasks in ${places.slice(0, 4).join(', ')}; lift ${pattern.lift.toFixed(2)} [${pattern.lift_low.toFixed(2)}, ${pattern.lift_high.toFixed(2)}]`;
  const mode = modes[pattern.failure_mode] ?? 'the attempt ends without a repair';
  switch (pattern.kind) {
    case 'strategy':
      return {
        name: `repair ${pattern.operator}${where}`,
        description: `The Solver repairs it reliably when ${mistake}${where} (${figures}).`,
        applicability: `The failing test reaches code where ${mistake}${where}.`,
        operations: [
          'run the failing tests',
          `open the most suspicious function`,
          `try the ${pattern.operator} edits on its executed lines first`,
          'run the visible tests and submit',
        ],
      };
    case 'remediation':
      return {
        name: `finish ${pattern.operator}${where}`,
        description: `Partial repair when ${mistake}${where}: some failing tests pass, others still fail (${figures}).`,
        applicability: `An edit of family ${pattern.operator} fixed part of the failing tests.`,
        operations: [
          'keep the line that changed the outcome',
          `try the other ${pattern.operator} edits on that line`,
          'then the other edits of that line',
          'submit only when all failing tests pass',
        ],
      };
    default:
      return {
        name: `${pattern.operator}${where}: ${pattern.failure_mode.replaceAll('_', ' ')}`,
        description: `The Solver fails when ${mistake}${where}: ${mode} (${figures}).`,
        applicability: `Source with a site where ${mistake}${where}, on lines that some test executes.`,
        operations: [
          `find a site${where} that tests execute`,
          `make a bug of family ${pattern.operator} there`,
          'keep it when a few tests notice and most do not',
          'send it through the four gates',
        ],
      };
  }
}

function whereOf({ context, qualifier }: Pattern): string {
  const [key, value] = qualifier?.split('=') ?? [];
  const syntax = context === '*' ? '' : ` in a ${context.replaceAll('_', ' ')}`;
  if (key === 'exception') return `${syntax}, seen as ${value === 'none' ? 'a plain failure' : value}`;
  if (key === 'repository') return `${syntax} of ${value}`;
  if (key === 'language') return `${syntax} in ${value}`;
  return syntax;
}
