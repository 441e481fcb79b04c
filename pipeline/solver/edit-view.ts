import type { CandidateEdit } from '../mutation/types.ts';
import type { Frame } from '../ports.ts';
import type { TextHashes } from './features.ts';
import type { Naturalness } from './language-model.ts';
import type { RankedFunction } from './localise.ts';
import { tokenise } from './tokens.ts';

/** A function that was opened, with what all of its edits share. */
export interface OpenFunction {
  ranked: RankedFunction;
  rank: number;
  naturalness: Naturalness;
  frames: readonly Frame[];
}

/** An edit as tokens: the two before it, those it replaces, those it puts there, the two after it. */
export interface EditTokens {
  left: readonly number[];
  right: readonly number[];
  old_texts: readonly string[];
  new_texts: readonly string[];
  old: readonly number[];
  new: readonly number[];
}

/** How natural the place was and becomes: mean log2 probabilities of pairs and triples. */
export interface EditNaturalness {
  old_pairs: number;
  old_triples: number;
  new_pairs: number;
  new_triples: number;
}

/** Reads edits in order of position; edits of the same span share the work on their surroundings. */
export class EditReader {
  private readonly hashes: TextHashes;
  private readonly fn: OpenFunction;
  private readonly edges: [start: number, end: number];
  private site: Pick<EditTokens, 'left' | 'right' | 'old' | 'old_texts'> & { start: number; end: number };
  private old: Pick<EditNaturalness, 'old_pairs' | 'old_triples'>;

  constructor(fn: OpenFunction, hashes: TextHashes) {
    this.fn = fn;
    this.hashes = hashes;
    this.edges = [hashes.of('<start>'), hashes.of('<end>')];
    this.site = { start: -1, end: -1, left: [], right: [], old: [], old_texts: [] };
    this.old = { old_pairs: 0, old_triples: 0 };
  }

  read(edit: CandidateEdit): EditTokens & EditNaturalness {
    if (edit.start !== this.site.start || edit.end !== this.site.end) this.readSite(edit);
    const { left, right, old, old_texts } = this.site;
    const new_texts = tokenise(edit.replacement);
    const replaced = new_texts.map((text) => this.hashes.of(text));
    const after = [...left, ...replaced, ...right];
    const new_pairs = this.fn.naturalness.pairs(after);
    const new_triples = this.fn.naturalness.triples(after);
    return { left, right, old, old_texts, new_texts, new: replaced, ...this.old, new_pairs, new_triples };
  }

  private readSite(edit: CandidateEdit): void {
    const old_texts = tokenise(edit.old);
    const old = old_texts.map((text) => this.hashes.of(text));
    const left = this.lastTwo(tokenise(edit.left));
    const right = this.firstTwo(tokenise(edit.right));
    const before = [...left, ...old, ...right];
    const { naturalness } = this.fn;
    this.site = { start: edit.start, end: edit.end, left, right, old, old_texts };
    this.old = { old_pairs: naturalness.pairs(before), old_triples: naturalness.triples(before) };
  }

  private lastTwo(texts: readonly string[]): number[] {
    const last = texts.slice(-2).map((text) => this.hashes.of(text));
    while (last.length < 2) last.unshift(this.edges[0]);
    return last;
  }

  private firstTwo(texts: readonly string[]): number[] {
    const first = texts.slice(0, 2).map((text) => this.hashes.of(text));
    while (first.length < 2) first.push(this.edges[1]);
    return first;
  }
}
