import { enclosing } from './nodes.ts';
import type { Scope } from './scope.ts';
import type { SyntaxNode } from './types.ts';

/** Where a guard may stand. */
export interface GuardPlace {
  readonly block: SyntaxNode;
  readonly before: SyntaxNode | undefined;
  readonly at: number;
}

const MOST_TESTS = 2;
const MOST_EXITS = 2;

/** Guards for the names that are new at a place: `if x is None: return None`, `if (!x) continue;`. Without indent. */
export function guardTemplates(place: GuardPlace, scope: Scope): string[] {
  const tests = namesNewAt(place, scope).flatMap((name) => scope.dialect.name_tests(name).slice(0, MOST_TESTS));
  return tests.flatMap((test) => exitsAt(place, scope).map((exit) => written(test, exit, scope)));
}

/** Parameters at the start of the function, else the local that the statement before binds. */
function namesNewAt({ block, before, at }: GuardPlace, { locals, fn }: Scope): string[] {
  const from = before ? before.start : block.parent === fn.node ? fn.start : (block.parent?.start ?? at);
  return [...locals].filter(([, bound]) => bound >= from && bound < at).map(([name]) => name);
}

/** In a loop the next item comes; elsewhere the function returns what it returns in such cases. */
function exitsAt({ block }: GuardPlace, scope: Scope): string[] {
  const { dialect, fn } = scope;
  const around = enclosing(block, (n) => n.kind === 'loop' || n.kind === 'while' || n.kind === 'function');
  if (around && around.kind !== 'function' && around.start > fn.start) return [`continue${dialect.terminator}`];
  const own = scope
    .donors('returns')
    .filter((d) => scope.module.functions[d.from] === fn && d.node.kind !== 'name')
    .map((d) => d.text);
  const values = [...new Set([...own.filter((text) => text.length < 12), dialect.null_texts.at(-1)!])];
  return values.slice(0, MOST_EXITS).map((value) => `return ${value}${dialect.terminator}`);
}

/** In the module's way of writing one: on one line, or as a block. */
function written(test: string, exit: string, { dialect, tables, text }: Scope): string {
  const unit = /\n(\t| {2,})\S/.exec(text)?.[1] ?? '  ';
  const in_braces = tables.guards.filter((d) => d.text.endsWith('}')).length * 2 >= tables.guards.length;
  return dialect.guard(test, exit, { unit, in_braces });
}
