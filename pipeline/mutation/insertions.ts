import { bodyStart } from './functions.ts';
import { guardTemplates } from './guards.ts';
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

const MOST: Readonly<Record<'statements' | 'guards', number>> = { statements: 44, guards: 16 };
const MOST_MATERIAL = 40;

/** Pairs of a place and a donor, best first: those whose old neighbours are like the new ones win. */
export function planInsertions(scope: Scope, pool: 'statements' | 'guards'): Insertion[] {
  const gaps = scope.nodes.filter((n) => n.kind === 'block').flatMap((block) => gapsOf(block, scope));
  const read = readCounts(scope);
  const material = materialFor(scope, pool);
  const pairs = gaps.flatMap((gap) =>
    material
      .filter((m) => canStand(m, gap, scope))
      .map((m) => ({
        gap,
        m,
        score: m.fit + likeness(m, gap, scope) + hunger(m, read, scope) + (isHole(gap, scope) ? 2 : 0),
      })),
  );
  if (pool === 'guards')
    for (const gap of gaps) for (const m of templatesAt(gap, scope)) pairs.push({ gap, m, score: m.fit });
  pairs.sort((a, b) => b.score - a.score || a.gap.at - b.gap.at || (a.m.text < b.m.text ? -1 : 1));
  return pairs.slice(0, MOST[pool]).map(({ gap, m }) => insertion(gap, m, scope));
}

const EXITS = /^(return|raise|break|continue)$/;

function gapsOf(block: SyntaxNode, { text, fn }: Scope): Gap[] {
  const first = block.parent?.kind === 'function' ? bodyStart(block.parent) : block.start;
  const statements = block.children.filter((c) => c.start >= Math.max(first, fn.body_start));
  if (statements.length === 0) return emptyGap(block, text);
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

/** A block with nothing in it: `{}`. */
function emptyGap(block: SyntaxNode, text: string): Gap[] {
  if (!/^\{\s*\}$/.test(text.slice(block.start, block.end))) return [];
  const line = text.slice(text.lastIndexOf('\n', block.start) + 1, block.start);
  return [{ block, before: undefined, after: undefined, at: block.start + 1, indent: /^[ \t]*/.exec(line)![0] }];
}

/** Nothing happens here: something is likely missing. */
const isHole = ({ block, after }: Gap, { slice, dialect }: Scope): boolean =>
  block.children.length === 0 ||
  (block.children.length === 1 && after !== undefined && slice(after) === dialect.empty_statement);

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

const templatesAt = (gap: Gap, scope: Scope): Material[] =>
  guardTemplates(gap, scope).map((text, i) => ({ text, names: [], node: null, fit: 1.2 - 0.1 * i }));

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
  if (node.parent === gap.block) return -1;
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
  return names.some((name) => fn.parameters.includes(name) && !read.has(name)) ? 3 : 0;
}

function readCounts({ nodes, slice }: Scope): Map<string, number> {
  const counts = new Map<string, number>();
  for (const n of nodes) if (n.kind === 'name' && !n.is_binding) counts.set(slice(n), (counts.get(slice(n)) ?? 0) + 1);
  return counts;
}

function insertion(gap: Gap, { text }: Material, scope: Scope): Insertion {
  const { block, after, at, indent } = gap;
  const placed = reindented(text, '', indent);
  if (!after && block.children.length === 0) {
    const inner = `${indent}  `;
    const replacement = `\n${inner}${reindented(text, '', inner)}\n${indent}`;
    return { block, start: at, end: block.end - 1, replacement, detail: 'end' };
  }
  if (after && isHole(gap, scope))
    return { block, start: after.start, end: after.end, replacement: placed, detail: 'pass' };
  if (after) return { block, start: at, end: at, replacement: `${placed}\n${indent}`, detail: 'before' };
  return { block, start: at, end: at, replacement: `\n${indent}${placed}`, detail: 'end' };
}
