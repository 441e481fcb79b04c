import type { Edit, Language } from '../ports.ts';

/** What a piece of source is, in words shared by all languages. `other` is syntax no operator looks at. */
export type NodeKind =
  | 'module'
  | 'class'
  | 'function'
  | 'parameters'
  | 'block'
  | 'if'
  | 'else'
  | 'while'
  | 'loop'
  | 'try'
  | 'catch'
  | 'switch'
  | 'case'
  | 'with'
  | 'expression_statement'
  | 'declaration'
  | 'return'
  | 'raise'
  | 'break'
  | 'continue'
  | 'pass'
  | 'assert'
  | 'delete'
  | 'import'
  | 'assign'
  | 'augmented'
  | 'update'
  | 'compare'
  | 'boolean'
  | 'not'
  | 'binary'
  | 'unary_minus'
  | 'unary'
  | 'ternary'
  | 'parenthesized'
  | 'call'
  | 'keyword_argument'
  | 'spread'
  | 'attribute'
  | 'index'
  | 'slice'
  | 'await'
  | 'yield'
  | 'integer'
  | 'float'
  | 'string'
  | 'template'
  | 'regex'
  | 'boolean_literal'
  | 'null_literal'
  | 'name'
  | 'self'
  | 'collection'
  | 'object'
  | 'pair'
  | 'comprehension'
  | 'comment'
  | 'other';

/** The part a node plays in its parent. */
export type Role =
  | 'name'
  | 'parameters'
  | 'body'
  | 'condition'
  | 'then'
  | 'otherwise'
  | 'left'
  | 'right'
  | 'operand'
  | 'target'
  | 'value'
  | 'key'
  | 'object'
  | 'callee'
  | 'argument'
  | 'index'
  | 'low'
  | 'high'
  | 'step'
  | 'iterable'
  | 'item'
  | 'initial'
  | 'increment'
  | 'none';

/** A lexical token an operator may replace. */
export interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One node of the neutral view of a source file. Offsets are UTF-16 code units, `end` exclusive. */
export interface SyntaxNode {
  readonly kind: NodeKind;
  readonly role: Role;
  readonly start: number;
  readonly end: number;
  readonly parent: SyntaxNode | null;
  /** In source order. Punctuation and keywords are left out. */
  readonly children: readonly SyntaxNode[];
  /** Operators of a compare, boolean, binary, augmented, assign or update; the name of an attribute, function, class or keyword. */
  readonly tokens: readonly Token[];
  /** Stands where a statement may be deleted or another put before it. */
  readonly is_statement: boolean;
  /** A name that is bound here (assignment target, parameter, loop variable, import), not read. */
  readonly is_binding: boolean;
}

/** One outermost function or method of a module: closures inside it belong to it. */
export interface SourceFunction {
  /** Qualified, unique in its module: `Class.method`, `outer`, `exports.parse`; a repeated name gets `#2`, `#3` ... */
  readonly name: string;
  /** Class (or object) that holds the function, null at module level. */
  readonly class_name: string | null;
  readonly start: number;
  readonly end: number;
  /** First offset an edit may touch: after the signature and the docstring. */
  readonly body_start: number;
  /** 1-based lines of the declaration and of the last line of the body. */
  readonly first_line: number;
  readonly last_line: number;
  readonly parameters: readonly string[];
  readonly node: SyntaxNode;
}

/** A statement, guard or expression of the module that a repair may copy. */
export interface Donor {
  readonly text: string;
  /** Names it reads that must be in scope where it is put. */
  readonly names: readonly string[];
  /** Index into `functions` of the function it comes from. */
  readonly from: number;
  readonly node: SyntaxNode;
}

/** What a module says about its own vocabulary: the pools that replacements are drawn from. */
export interface ModuleTables {
  /** Functions, classes and constants bound at module level, in order. */
  readonly names: readonly string[];
  /** Methods and functions by plain name: parameters of the first definition. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
  /** Attribute names with counts, by the text of a plain base name or `*` for any other base. */
  readonly attributes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Classes of the module. */
  readonly classes: ReadonlySet<string>;
  /** Parameters of the constructor, by class name. */
  readonly constructors: ReadonlyMap<string, readonly string[]>;
  /** Keyword arguments seen per callee name: `key=value` texts. */
  readonly keywords: ReadonlyMap<string, readonly Token[]>;
  /** Positional argument texts seen per callee name, by index. */
  readonly arguments: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** String literals with counts, in order of first use. */
  readonly strings: ReadonlyMap<string, number>;
  /** How often each function or method name is called. */
  readonly calls: ReadonlyMap<string, number>;
  readonly conditions: readonly Donor[];
  readonly statements: readonly Donor[];
  readonly guards: readonly Donor[];
  readonly returns: readonly Donor[];
  readonly ternaries: readonly Donor[];
}

/** A parsed source file: plain values, nothing to free. */
export interface SourceModule {
  readonly path: string;
  readonly language: Language;
  readonly text: string;
  readonly has_error: boolean;
  /** Offset of the first character of each line. */
  readonly line_starts: readonly number[];
  readonly root: SyntaxNode;
  readonly functions: readonly SourceFunction[];
  readonly tables: ModuleTables;
  readonly dialect: Dialect;
}

/** Parsers of every language, ready to use. */
export interface Syntax {
  parse(language: Language, path: string, text: string): SourceModule;
  /** True when the text has no syntax error. */
  parses(language: Language, text: string): boolean;
}

/** How a language writes what the operators want to say. */
export interface Dialect {
  readonly language: Language;
  readonly true_text: string;
  readonly false_text: string;
  /** Spellings of "no value", the usual one first. */
  readonly null_texts: readonly string[];
  readonly and: string;
  readonly or: string;
  /** Prefix of a negation, with its blank where the language needs one: `not ` or `!`. */
  readonly not: string;
  /** What an emptied block holds: `pass` or nothing. */
  readonly empty_statement: string;
  /** `;` or nothing. */
  readonly terminator: string;
  readonly self_names: readonly string[];
  /** Operators by the one they are confused with; each table is symmetric. */
  readonly boundaries: Readonly<Record<string, readonly string[]>>;
  readonly flips: Readonly<Record<string, readonly string[]>>;
  readonly equalities: Readonly<Record<string, readonly string[]>>;
  readonly arithmetic: Readonly<Record<string, readonly string[]>>;
  readonly augmented: Readonly<Record<string, readonly string[]>>;
  /** Functions and methods that are mistaken for one another. */
  readonly siblings: readonly (readonly string[])[];
  readonly exceptions: readonly string[];
  /** Functions that convert their one argument: `int`, `String`. */
  readonly conversions: readonly string[];
  /** Methods without arguments that convert their object: `strip`, `trim`. */
  readonly conversion_methods: readonly string[];
  /** Names every module has. */
  readonly globals: ReadonlySet<string>;
  /** What a missing value is commonly replaced by. */
  readonly defaults: readonly string[];
  /** Values of nothing that a function may return. */
  readonly empties: readonly string[];
  /** Guards worth trying on a name: `x is None`, `!x`. */
  readonly name_tests: (name: string) => readonly string[];
  /** A statement that leaves when a test holds. `unit`: one step of indent; `in_braces`: the module writes short ones so. */
  readonly guard: (test: string, exit: string, style: { unit: string; in_braces: boolean }) => string;
}

/** A single edit with what a policy, a skill or a reader wants to know about it. */
export interface CandidateEdit extends Edit {
  /** Family, for example `cmp_boundary`. */
  readonly operator: string;
  /** Variant inside the family, for example `<><=`. */
  readonly detail: string;
  /** 1-based line of `start`. */
  readonly line: number;
  /** Text that is replaced; empty for an insertion. */
  readonly old: string;
  /** Kind of the node the operator looked at, of its parent and of the statement around it. */
  readonly context: NodeKind;
  readonly parent: NodeKind;
  readonly statement: NodeKind;
  /** At most 60 characters of text before and after the edit. */
  readonly left: string;
  readonly right: string;
  readonly function_name: string;
}
