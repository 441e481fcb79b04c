import { type Insertion, planInsertions } from './insertions.ts';
import { child, walk } from './nodes.ts';
import { nearest, similarity } from './similarity.ts';
import type { Dialect, Donor, ModuleTables, SourceFunction, SourceModule, SyntaxNode } from './types.ts';

/** `bug` makes mistakes; `repair` undoes them, so it also knows edits that add something. */
export type Mode = 'bug' | 'repair';

export type DonorPool = 'conditions' | 'statements' | 'guards' | 'returns' | 'ternaries';

/** What operators know about the function they work on. Made once per enumeration. */
export interface Scope {
  readonly mode: Mode;
  readonly module: SourceModule;
  readonly fn: SourceFunction;
  /** Index of the function in its module. */
  readonly index: number;
  readonly text: string;
  readonly dialect: Dialect;
  readonly tables: ModuleTables;
  /** Names bound in the function, parameters first, with the offset of the first binding. */
  readonly locals: ReadonlyMap<string, number>;
  /** Attribute names used in the function, with counts. */
  readonly attributes: ReadonlyMap<string, number>;
  /** Integer literals of the function, in order of first use. */
  readonly integers: readonly string[];
  readonly nodes: readonly SyntaxNode[];
  slice(node: SyntaxNode): string;
  /** A name that means something here. */
  knows(name: string): boolean;
  /** Donors whose names all mean something here, best fit first, each text once. */
  donors(pool: DonorPool): readonly Donor[];
  /** Functions and methods that this one is mistaken for. */
  siblings(name: string): readonly string[];
  /** Places and statements to put there, best first. */
  insertions(pool: 'statements' | 'guards'): readonly Insertion[];
  /** Conditional expressions of the module that have this text as a branch. */
  ternariesWith(branch: string): readonly string[];
  /** The `count` names of a pool that look most like `name`. The pool's key says which pool it is. */
  near(name: string, pool_key: string, pool: Iterable<string>, count: number): readonly string[];
}

/** Looks once at a function. */
export function scopeOf(module: SourceModule, fn: SourceFunction, mode: Mode): Scope {
  const { text, dialect, tables } = module;
  const slice = (node: SyntaxNode): string => text.slice(node.start, node.end);
  const nodes = bodyNodes(fn);
  const locals = localNames(fn, nodes, slice);
  const module_names = new Set(tables.names);
  const self = new Set(fn.class_name === null ? [] : dialect.self_names);
  const knows = (name: string) =>
    locals.has(name) || module_names.has(name) || dialect.globals.has(name) || self.has(name);
  const ranked = new Map<string, readonly string[]>();
  const pools = new Map<DonorPool, readonly Donor[]>();
  const index = module.functions.indexOf(fn);
  const donors = (pool: DonorPool): readonly Donor[] => {
    const known = pools.get(pool) ?? rankDonors(tables[pool], module, index, knows, locals);
    pools.set(pool, known);
    return known;
  };
  const inserted = new Map<DonorPool, readonly Insertion[]>();
  let by_branch: Map<string, string[]> | null = null;
  return {
    mode,
    module,
    fn,
    index,
    text,
    dialect,
    tables,
    locals,
    attributes: countTexts(nodes.filter((n) => n.kind === 'attribute').map((n) => n.tokens[0]?.text ?? '')),
    integers: [...new Set(nodes.filter((n) => n.kind === 'integer').map(slice))],
    nodes,
    slice,
    knows,
    donors,
    siblings: (name) => [...new Set(dialect.siblings.filter((g) => g.includes(name)).flat())].filter((n) => n !== name),
    insertions(pool) {
      const known = inserted.get(pool) ?? planInsertions(this, pool);
      inserted.set(pool, known);
      return known;
    },
    ternariesWith: (branch) => {
      by_branch ??= ternariesByBranch(donors('ternaries'), text);
      return by_branch.get(branch) ?? [];
    },
    near: (name, pool_key, pool, count) => {
      const key = `${pool_key} ${name}`;
      const known = ranked.get(key) ?? nearest(name, pool, LONGEST_RANKING);
      ranked.set(key, known);
      return known.slice(0, count);
    },
  };
}

const LONGEST_RANKING = 8;

/** Nodes an edit may touch: the body without signatures, default values and texts that stand alone. */
function bodyNodes(fn: SourceFunction): SyntaxNode[] {
  const nodes: SyntaxNode[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.role === 'parameters' || node.kind === 'parameters') return;
    if (node.start >= fn.body_start || node.kind === 'block') nodes.push(node);
    for (const c of node.children) visit(c);
  };
  for (const c of fn.node.children) visit(c);
  return nodes;
}

function localNames(
  fn: SourceFunction,
  nodes: readonly SyntaxNode[],
  slice: (node: SyntaxNode) => string,
): Map<string, number> {
  const locals = new Map<string, number>();
  const add = (name: string, at: number) => !locals.has(name) && locals.set(name, at);
  for (const name of fn.parameters) if (!/^(self|cls)$/.test(name)) add(name, fn.start);
  for (const node of nodes) {
    if (node.kind === 'name' && node.is_binding) add(slice(node), node.start);
    if (node.kind === 'function') bindInner(node, add, slice);
  }
  return locals;
}

/** A closure's own name and parameters are in scope for the parts of the closure. */
function bindInner(
  node: SyntaxNode,
  add: (name: string, at: number) => unknown,
  slice: (node: SyntaxNode) => string,
): void {
  const own = node.tokens[0];
  if (own && node.parent?.kind !== 'object' && node.parent?.kind !== 'class') add(own.text, node.start);
  for (const part of node.children) {
    if (part.role === 'parameters') walk(part, (n) => n.kind === 'name' && n.is_binding && add(slice(n), n.start));
  }
}

/** Donors in scope: from the same function first, then the same class, then those that use the same names. */
function rankDonors(
  pool: readonly Donor[],
  module: SourceModule,
  index: number,
  knows: (name: string) => boolean,
  locals: ReadonlyMap<string, number>,
): Donor[] {
  const here = module.functions[index]!;
  const closeness = module.functions.map((other, i) => {
    if (i === index) return 1;
    return (other.class_name === here.class_name ? 0.7 : 0) + 0.2 * similarity(other.name, here.name);
  });
  const best = new Map<string, { donor: Donor; fit: number }>();
  for (const donor of pool) {
    if (!donor.names.every(knows)) continue;
    const shared = donor.names.filter((name) => locals.has(name)).length;
    const fit = closeness[donor.from]! + 0.3 * Math.min(3, shared);
    if (fit > (best.get(donor.text)?.fit ?? Number.NEGATIVE_INFINITY)) best.set(donor.text, { donor, fit });
  }
  const ranked = [...best.values()].sort((a, b) => b.fit - a.fit || a.donor.node.start - b.donor.node.start);
  return ranked.map(({ donor }) => donor);
}

function ternariesByBranch(donors: readonly Donor[], text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const donor of donors) {
    for (const branch of [child(donor.node, 'then'), child(donor.node, 'otherwise')]) {
      if (!branch) continue;
      const key = text.slice(branch.start, branch.end);
      found.set(key, [...(found.get(key) ?? []), donor.text]);
    }
  }
  return found;
}

function countTexts(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
