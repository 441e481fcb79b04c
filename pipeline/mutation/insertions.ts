import { indentOf, reindented } from './layout.ts';
import type { Scope } from './scope.ts';
import type { Donor, SyntaxNode } from './types.ts';

/** One statement to put at one place. */
export interface Insertion {
  /** Block that gets the statement. */
  readonly block: SyntaxNode;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly detail: 'before' | 'end' | 'pass';
}

/** A place between two statements of a block. */
interface Gap {
  readonly block: SyntaxNode;
  readonly before: SyntaxNode | undefined;
  readonly after: SyntaxNode | undefined;
  readonly at: number;
  readonly indent: string;
}

interface Material {
  readonly text: string;
  readonly names: readonly string[];
  /** Where it stands in the module; null for a template. */
  readonly node: SyntaxNode | null;
  readonly fit: number;
}

const MOST: Readonly<Record<'statements' | 'guards', number>> = { statements: 36, guards: 16 };
const MOST_MATERIAL = 40;

/** Pairs of a place and a donor, best first: those whose old neighbours are like the new ones win. */
export function planInsertions(scope: Scope, pool: 'statements' | 'guards'): Insertion[] {
  const gaps = scope.nodes.filter((n) => n.kind === 'block').flatMap((block) => gapsOf(block, scope));
  const read = readCounts(scope);
  const material = materialFor(scope, pool);
  const pairs = gaps.flatMap((gap) =>
    material
      .filter((m) => canStand(m, gap, scope))
      .map((m) => ({ gap, m, score: m.fit + likeness(m, gap, scope) + hunger(m, read, scope) })),
  );
  pairs.sort((a, b) => b.score - a.score || a.gap.at - b.gap.at || (a.m.text < b.m.text ? -1 : 1));
  return pairs.slice(0, MOST[pool]).map(({ gap, m }) => insertion(gap, m, scope));
}

const EXITS = /^(return|raise|break|continue)$/;

function gapsOf(block: SyntaxNode, { text, fn }: Scope): Gap[] {
  const statements = block.children.filter((c) => c.start >= fn.body_start);
  const gaps: Gap[] = [];
  for (const [i, after] of statements.entries()) {
    const indent = indentOf(after, text);
    if (indent !== null) gaps.push({ block, before: statements[i - 1], after, at: after.start, indent });
  }
  const last = statements.at(-1);
  const indent = last && indentOf(last, text);
  if (last && typeof indent === 'string' && !EXITS.test(last.kind))
    gaps.push({ block, before: last, after: undefined, at: last.end, indent });
  return gaps;
}

function materialFor(scope: Scope, pool: 'statements' | 'guards'): Material[] {
  const donors = scope.donors(pool).slice(0, MOST_MATERIAL);
  const copies = donors.map((d: Donor, i) => ({
    text: flush(d, scope),
    names: d.names,
    node: d.node,
    fit: 1 - i / MOST_MATERIAL,
  }));
  return pool === 'statements' ? [...copies, ...templates(scope)] : copies;
}

/** The donor's text as it would be without any indent. */
function flush(donor: Donor, { text }: Scope): string {
  return reindented(donor.text, indentOf(donor.node, text) ?? '', '');
}

/** A constructor keeps what it is given: `self.x = x`. */
function templates({ fn, dialect }: Scope): Material[] {
  if (fn.class_name === null || !/(__init__|constructor)$/.test(fn.name)) return [];
  const self = dialect.self_names[0]!;
  const kept = fn.parameters.filter((p) => p !== self);
  return kept.map((p) => ({ text: `${self}.${p} = ${p}${dialect.terminator}`, names: [p], node: null, fit: 0.5 }));
}

function canStand({ names, node }: Material, gap: Gap, { locals, fn }: Scope): boolean {
  if (node !== null && node.start < gap.at && gap.at < node.end) return false;
  return names.every((name) => (locals.get(name) ?? fn.start) < Math.max(gap.at, fn.start + 1));
}

/** How much the place is like the one the material comes from. */
function likeness({ node }: Material, gap: Gap, { slice }: Scope): number {
  if (!node) return 0.6;
  const siblings = node.parent?.children ?? [];
  const at = siblings.indexOf(node);
  const score = (a: SyntaxNode | undefined, b: SyntaxNode | undefined): number => {
    if (!a || !b) return a === b ? 0.3 : 0;
    if (a === b || a === node || b === node) return -0.3;
    return a.kind === b.kind ? (slice(a) === slice(b) ? 1 : 0.2) : 0;
  };
  const place = node.parent?.parent?.kind === gap.block.parent?.kind ? 0.3 : 0;
  return score(siblings[at - 1], gap.before) + score(siblings[at + 1], gap.after) + place;
}

/** Material that uses a parameter nothing else uses fills a hole. */
function hunger({ names }: Material, read: ReadonlyMap<string, number>, { fn }: Scope): number {
  return names.some((name) => fn.parameters.includes(name) && !read.has(name)) ? 2 : 0;
}

function readCounts({ nodes, slice }: Scope): Map<string, number> {
  const counts = new Map<string, number>();
  for (const n of nodes) if (n.kind === 'name' && !n.is_binding) counts.set(slice(n), (counts.get(slice(n)) ?? 0) + 1);
  return counts;
}

function insertion({ block, after, at, indent }: Gap, { text }: Material, { slice, dialect }: Scope): Insertion {
  const placed = reindented(text, '', indent);
  if (
    after &&
    block.children.length === 1 &&
    dialect.empty_statement !== '' &&
    slice(after) === dialect.empty_statement
  ) {
    return { block, start: after.start, end: after.end, replacement: placed, detail: 'pass' };
  }
  if (after) return { block, start: at, end: at, replacement: `${placed}\n${indent}`, detail: 'before' };
  return { block, start: at, end: at, replacement: `\n${indent}${placed}`, detail: 'end' };
}
