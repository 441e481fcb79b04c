import { lineAt, statementKind, statementOf } from './nodes.ts';
import type { Emit, Operator } from './operator.ts';
import { operators } from './operators/index.ts';
import { type Mode, Scope } from './scope.ts';
import type { CandidateEdit, NodeKind, SourceFunction, SourceModule, SyntaxNode } from './types.ts';

/** Characters of text that `left` and `right` show. */
const CONTEXT_LENGTH = 60;

/** Every single-edit bug that the operators can put into a function, in order of start, operator, replacement. */
export const enumerateBugs = (module: SourceModule, fn: SourceFunction): CandidateEdit[] =>
  enumerate(module, fn, 'bug');

/** Every single-edit repair to try on a function, in the same order. With `lines`, only edits that start on them. */
export const enumerateRepairs = (
  module: SourceModule,
  fn: SourceFunction,
  { lines }: { lines?: ReadonlySet<number> } = {},
): CandidateEdit[] => enumerate(module, fn, 'repair', lines);

function enumerate(module: SourceModule, fn: SourceFunction, mode: Mode, lines?: ReadonlySet<number>): CandidateEdit[] {
  const scope = new Scope(module, fn, mode);
  const found = new Map<string, CandidateEdit>();
  for (const node of scope.nodes) {
    for (const operator of operatorsFor(node.kind)) {
      if (mode === 'bug' && operator.repair_only) continue;
      operator.propose(node, scope, collect(found, scope, operator, node, lines));
    }
  }
  return [...found.values()].sort(inOrder);
}

const by_kind = new Map<NodeKind, readonly Operator[]>();
for (const operator of operators) {
  for (const kind of operator.kinds) by_kind.set(kind, [...(by_kind.get(kind) ?? []), operator]);
}
const operatorsFor = (kind: NodeKind): readonly Operator[] => by_kind.get(kind) ?? [];

function collect(
  found: Map<string, CandidateEdit>,
  scope: Scope,
  operator: Operator,
  node: SyntaxNode,
  lines?: ReadonlySet<number>,
): Emit {
  return (detail, start, end, wanted) => {
    const { fn, text, module } = scope;
    if (start < fn.body_start || end > fn.end) return;
    const old = text.slice(start, end);
    const replacement = apart(text, start, end, wanted);
    if (old === replacement) return;
    const line = lineAt(module.line_starts, start);
    if (lines && !lines.has(line)) return;
    const key = effectOf(text, start, old, replacement);
    if (found.has(key)) return;
    found.set(key, {
      path: module.path,
      start,
      end,
      replacement,
      operator: operator.name,
      detail,
      line,
      old,
      context: node.kind,
      parent: node.parent?.kind ?? 'module',
      statement: statementKind(statementOf(node)),
      left: text.slice(Math.max(0, start - CONTEXT_LENGTH), start),
      right: text.slice(end, end + CONTEXT_LENGTH),
      function_name: fn.name,
    });
  };
}

const WORD = /[\w$]/;

/** `if(x)` must not become `ifnot x`: words that would run together get a blank. */
function apart(text: string, start: number, end: number, replacement: string): string {
  if (replacement === '') return replacement;
  const joins = (left: string | undefined, right: string | undefined) =>
    left !== undefined && right !== undefined && WORD.test(left) && WORD.test(right);
  const before =
    start < end && joins(text[start - 1], replacement[0]) && !joins(text[start - 1], text[start]) ? ' ' : '';
  const after = start < end && joins(replacement.at(-1), text[end]) && !joins(text[end - 1], text[end]) ? ' ' : '';
  return before + replacement + after;
}

/** Two edits with the same effect on the text have the same key, however wide their spans are. */
function effectOf(text: string, start: number, old: string, replacement: string): string {
  const shortest = Math.min(old.length, replacement.length);
  let head = 0;
  while (head < shortest && old[head] === replacement[head]) head++;
  let tail = 0;
  while (tail < shortest - head && old.at(-1 - tail) === replacement.at(-1 - tail)) tail++;
  const removed = old.length - head - tail;
  const added = replacement.slice(head, replacement.length - tail);
  return farthest(text, start + head, removed, added);
}

/** What is only added or only removed may be so at several places with one outcome: the last of them counts. */
function farthest(text: string, start: number, removed: number, added: string): string {
  let [at, rest] = [start, added];
  if (removed === 0) {
    for (; rest !== '' && text[at] === rest[0]; at++) rest = rest.slice(1) + rest[0];
  } else if (added === '') {
    while (at + removed < text.length && text[at] === text[at + removed]) at++;
  }
  return `${at}:${removed}:${rest}`;
}

function inOrder(a: CandidateEdit, b: CandidateEdit): number {
  return (
    a.start - b.start ||
    compareText(a.operator, b.operator) ||
    compareText(a.replacement, b.replacement) ||
    a.end - b.end
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
