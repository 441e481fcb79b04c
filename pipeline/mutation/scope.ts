import { bodyNodes, localNames } from './body.ts';
import { type Insertion, planInsertions } from './insertions.ts';
import { closenessOf, rankDonors, ternariesByBranch } from './ranking.ts';
import { Likeness } from './similarity.ts';
import type { Dialect, Donor, ModuleTables, SourceFunction, SourceModule, SyntaxNode } from './types.ts';

/** `bug` makes mistakes; `repair` undoes them, so it also knows edits that add something. */
export type Mode = 'bug' | 'repair';

export type DonorPool = 'conditions' | 'statements' | 'guards' | 'returns' | 'ternaries';

const LONGEST_RANKING = 8;

/** What operators know about the function they work on. Lives for one enumeration; what is costly is made when asked for. */
export class Scope {
  readonly mode: Mode;
  readonly module: SourceModule;
  readonly fn: SourceFunction;
  readonly text: string;
  readonly dialect: Dialect;
  readonly tables: ModuleTables;
  /** Nodes an edit may touch. */
  readonly nodes: readonly SyntaxNode[];
  /** Names bound in the function, parameters first, with the offset of the first binding. */
  readonly locals: ReadonlyMap<string, number>;
  /** Attribute names used in the function, with counts. */
  readonly attributes: ReadonlyMap<string, number>;
  /** Integer literals of the function, in order of first use. */
  readonly integers: readonly string[];
  readonly likeness = new Likeness();
  readonly #known: ReadonlySet<string>;
  readonly #near = new Map<string, readonly string[]>();
  readonly #donors = new Map<DonorPool, readonly Donor[]>();
  readonly #insertions = new Map<DonorPool, readonly Insertion[]>();
  #closeness: readonly number[] | undefined;
  #ternaries: ReadonlyMap<string, readonly string[]> | undefined;

  constructor(module: SourceModule, fn: SourceFunction, mode: Mode) {
    this.mode = mode;
    this.module = module;
    this.fn = fn;
    this.text = module.text;
    this.dialect = module.dialect;
    this.tables = module.tables;
    this.nodes = bodyNodes(fn);
    this.locals = localNames(fn, this.nodes, this.slice);
    this.attributes = countTexts(this.nodes.filter((n) => n.kind === 'attribute').map((n) => n.tokens[0]?.text ?? ''));
    this.integers = [...new Set(this.nodes.filter((n) => n.kind === 'integer').map(this.slice))];
    this.#known = new Set([
      ...this.locals.keys(),
      ...module.tables.names,
      ...(fn.class_name === null ? [] : module.dialect.self_names),
    ]);
  }

  readonly slice = (node: SyntaxNode): string => this.text.slice(node.start, node.end);

  /** A name that means something here. */
  knows(name: string): boolean {
    return this.#known.has(name) || this.dialect.globals.has(name);
  }

  /** Closeness of each function of the module, by index. */
  get closeness(): readonly number[] {
    this.#closeness ??= closenessOf(this);
    return this.#closeness;
  }

  /** Donors whose names all mean something here, best fit first, each text once. */
  donors(pool: DonorPool): readonly Donor[] {
    return remember(this.#donors, pool, () => rankDonors(this.tables[pool], this));
  }

  /** Places and what to put there, best first. */
  insertions(pool: 'statements' | 'guards'): readonly Insertion[] {
    return remember(this.#insertions, pool, () => planInsertions(this, pool));
  }

  /** Functions and methods that this one is mistaken for. */
  siblings(name: string): string[] {
    const groups = this.dialect.siblings.filter((group) => group.includes(name));
    return [...new Set(groups.flat())].filter((other) => other !== name);
  }

  /** Conditional expressions of the module that have this text as a branch. */
  ternariesWith(branch: string): readonly string[] {
    this.#ternaries ??= ternariesByBranch(this.donors('ternaries'), this.text);
    return this.#ternaries.get(branch) ?? [];
  }

  /** The `count` names of a pool that look most like `name`. The pool's key says which pool it is. */
  near(name: string, pool_key: string, pool: Iterable<string>, count: number): readonly string[] {
    const ranked = remember(this.#near, `${pool_key} ${name}`, () =>
      this.likeness.nearest(name, pool, LONGEST_RANKING),
    );
    return ranked.slice(0, count);
  }
}

function remember<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function countTexts(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
